import compression from 'compression'
import { serveExpress } from './express-app.mjs'

serveExpress(compression())
