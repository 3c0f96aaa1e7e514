import { serveExpress } from './express-app.mjs'

serveExpress()
