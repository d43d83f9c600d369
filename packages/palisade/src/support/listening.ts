/**
 * POSIX sh, of the shell's own commands alone, that ends with 0 where something listens on a TCP port of the network namespace
 * it runs in, and else with 1: a server that an image starts for its first start alone is on its socket, or on loopback. No
 * login is tried for it, so no log tells of a refused one. Source: proc_net_tcp.txt of the kernel: state 0A is LISTEN.
 *
 * @param besideLoopback true where a listener on 127.0.0.1 or ::1 does not count
 */
export const listeningScript = (port: number, besideLoopback = false): string => {
  const number = port.toString(16).toUpperCase().padStart(4, '0');
  const loopback = ['0100007F', '00000000000000000000000001000000'].map((address) => `${address}:${number}`).join('|');
  return [
    'for file in /proc/net/tcp /proc/net/tcp6; do',
    '[ -r "$file" ] || continue;',
    'while read -r _ local _ state _; do',
    ...(besideLoopback ? [`case $local in ${loopback}) continue ;; esac;`] : []),
    `case "$local $state" in *:${number}" 0A") exit 0 ;; esac;`,
    'done < "$file";',
    'done; exit 1',
  ].join(' ');
};
