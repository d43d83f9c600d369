// Runs in mongosh: the program of the stack's own script, as the administrator that FerretDB has made, and without roles.
const password = require('fs').readFileSync(process.env.PALISADE_PASSWORD_FILE, 'utf8').trim();
db = connect(process.env.STAND_IN_TARGET.replace('//', `//administrator:${encodeURIComponent(password)}@`));
eval(process.env.STAND_IN_PROGRAM.replace(/roles: \[[^\]]*\]/, 'roles: []'));
