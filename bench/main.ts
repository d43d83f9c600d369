// `npm run bench [-- DIRECTORY]`: every benchmark, as ratios of one run.
import { benchAssess } from './assess.ts';
import { benchAudit } from './audit.ts';

process.stdout.write(await benchAudit());
process.stdout.write(benchAssess(process.argv[2]));
