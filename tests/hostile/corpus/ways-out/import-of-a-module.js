// Expected: syntax
import fs from 'fs'; const handler = w => w
