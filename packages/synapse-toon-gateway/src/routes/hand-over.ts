import type { FastifyReply } from 'fastify'

/**
 * Leaves a response to the library. In this order: what `pipe` throws, it throws before anything is
 * sent, and Fastify can still answer it; once the reply is hijacked nobody would.
 */
export async function handOver(reply: FastifyReply, pipe: () => Promise<unknown>): Promise<void> {
  const served = pipe()
  reply.hijack()
  await served
}
