/** `synapse-toon/level`: records on this machine's disk. Needs classic-level. */
export {}
