// `npm run bench [-- DIRECTORY]`: every benchmark, as ratios of one run.
import { benchAssess } from './assess.ts';

process.stdout.write(benchAssess(process.argv[2]));
