/** `synapse-toon/react`: a stream as a hook. Needs React 18 or newer. */
export {}
