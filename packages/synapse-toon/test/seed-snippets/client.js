const eventSource = new EventSource('/chat/stream');

eventSource.addEventListener('update', (event) => {
    const chunk = JSON.parse(event.data);
    console.log('Delta:', chunk.delta);
    document.getElementById('response').textContent += chunk.delta;
});

eventSource.onerror = () => {
    eventSource.close();
    console.log('Stream ended');
};
