/** A restore, or a recovery, to be killed. Arguments: a directory, what to do, the number of files. */
import { recover, restore } from './restore-program.js';

const [base = '', what = '', files = '0'] = process.argv.slice(2);
process.stdout.write('go\n');
if (what === 'recover') await recover(base);
else await restore(base, what === 'commit', Number(files));
process.stdout.write('done\n');
