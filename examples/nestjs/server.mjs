import 'reflect-metadata'
import { Controller, Get, Module, Query, Res } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { synapseToon } from 'synapse-toon/express'
import { openai } from '../openai-like.mjs'

/** Called once per question: a client that comes back reads on in what was said already. */
const ask =
  (content) =>
  ({ signal }) =>
    openai.chat.completions.create(
      { model: 'gpt-4o-mini', messages: [{ role: 'user', content }], stream: true },
      { signal },
    )
const toDelta = (chunk) => ({ delta: chunk.choices[0]?.delta?.content ?? '' })

class ChatController {
  stream(message, response) {
    return response.synapseToonStream(ask(message), toDelta)
  }
}

// What `@Controller('chat')`, `@Get('stream')`, `@Query('message')` and `@Res()` do in TypeScript.
const { prototype } = ChatController
Controller('chat')(ChatController)
Get('stream')(prototype, 'stream', Object.getOwnPropertyDescriptor(prototype, 'stream'))
Query('message')(prototype, 'stream', 0)
Res()(prototype, 'stream', 1)

class AppModule {}
Module({ controllers: [ChatController] })(AppModule)

const app = await NestFactory.create(AppModule, { logger: false })
app.use(synapseToon())
await app.listen(process.env.PORT ?? 3000, '127.0.0.1')
console.log(`http://127.0.0.1:${app.getHttpServer().address().port}`)
