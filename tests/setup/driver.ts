// Loaded before everything else (`--import`) by programs of the tests that do not begin as scripts/courtois.ts does.
import { mendDriver } from '../../scripts/driver.ts'

mendDriver()
