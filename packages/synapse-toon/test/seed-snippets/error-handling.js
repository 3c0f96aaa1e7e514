eventSource.addEventListener('error', (event) => {
    if (event.readyState === EventSource.CLOSED) {
        console.log('Connection closed');
    } else {
        console.error('Stream error:', event);
        eventSource.close();
    }
});
