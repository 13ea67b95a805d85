// The keeper's promises in the shell that this machine calls sh.
import { keeperChecks } from '../kit/keeper-checks.ts';

keeperChecks({ name: '/bin/sh', shell: '/bin/sh' });
