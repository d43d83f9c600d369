#!/bin/sh
# Runs at the end of mmdebstrap, with the directory of the new system as $1: leaves documents out, and puts in what all
# stand-ins share.
set -eu
rm -rf "$1/usr/share/doc" "$1/usr/share/man" "$1/usr/share/locale" "$1/usr/share/info"
# No server starts while its package is installed (invoke-rc.d(8)).
printf '#!/bin/sh\nexit 101\n' > "$1/usr/sbin/policy-rc.d"
# What Dockerfiles written for Alpine call: here everything that they ask for is in the image already, or it is an error.
cat > "$1/usr/local/sbin/apk" <<'END'
#!/bin/sh
# Stand-in for Alpine's apk: `apk add` succeeds where the image has the programs already.
[ "$1" = add ] || exit 1
shift
for name; do
  case $name in -*) continue ;; esac
  command -v "$name" >/dev/null || { echo "apk stand-in: this image has no $name" >&2; exit 1; }
done
END
chmod 0755 "$1/usr/sbin/policy-rc.d" "$1/usr/local/sbin/apk"
