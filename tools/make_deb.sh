#!/bin/sh
# The Debian package, of what `make build man` has built: build/ciyuan_VERSION_amd64.deb. Needs dpkg-dev, which comes with build-essential.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^project(ciyuan VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
root=$PWD/build/deb/ciyuan
rm -rf build/deb
mkdir -p "$root/DEBIAN" build/deb/debian
cmake --install build/release --prefix "$root/usr" >/dev/null
mkdir -p "$root/usr/share/man/man1" "$root/usr/share/man/man3" "$root/usr/share/doc/ciyuan" "$root/etc/default"
for section in 1 3; do
    for page in build/man/*.$section; do
        [ -e "$page" ] || continue
        gzip -9nc "$page" >"$root/usr/share/man/man$section/$(basename "$page").gz"
    done
done
cp docs/*.md "$root/usr/share/doc/ciyuan/"
cp LICENSE "$root/usr/share/doc/ciyuan/copyright" 2>/dev/null || true
strip --strip-debug "$root/usr/bin/ciyuan" "$root"/usr/lib/libciyuan.so.*.* 2>/dev/null || true
cat >"$root/etc/default/ciyuan" <<'END'
# Options of `ciyuan serve` (man ciyuan-serve), as the service starts it with --data /var/lib/ciyuan.
CIYUAN_OPTIONS="--listen 127.0.0.1:7000"
END
echo /etc/default/ciyuan >"$root/DEBIAN/conffiles"

# What the programs are linked with, as packages. DuckDB is ours.
printf 'Source: ciyuan\nPackage: ciyuan\nArchitecture: amd64\n' >build/deb/debian/control
depends=$(cd build/deb && dpkg-shlibdeps -O -l"$root/usr/lib" -x"ciyuan" --ignore-missing-info "$root/usr/bin/ciyuan" \
    "$root/usr/lib/ciyuan/libduckdb.so" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo "make_deb: dpkg-shlibdeps found nothing" >&2; exit 1; }
cat >"$root/DEBIAN/control" <<END
Package: ciyuan
Version: $version
Architecture: amd64
Maintainer: ciyuan maintainers <maintainers@ciyuan.invalid>
Section: science
Priority: optional
Depends: $depends, adduser
Recommends: ca-certificates, libpq5
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Description: raw data into AI-ready datasets, and a hub to share them
 One program reads, extracts, filters and deduplicates raw data into datasets in which every removed document has a verdict, and serves
 them as a hub that the Hugging Face clients use unchanged.
END
cat >"$root/DEBIAN/postinst" <<'END'
#!/bin/sh
set -e
if [ "$1" = configure ]; then
    if ! getent passwd ciyuan >/dev/null; then
        adduser --system --group --home /var/lib/ciyuan --no-create-home --quiet ciyuan
    fi
    ldconfig
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload || true
        systemctl try-restart ciyuan.service || true
    fi
fi
END
cat >"$root/DEBIAN/prerm" <<'END'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl disable --now ciyuan.service || true
fi
END
cat >"$root/DEBIAN/postrm" <<'END'
#!/bin/sh
set -e
# /var/lib/ciyuan holds people's data: it stays, also on purge.
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
ldconfig
END
chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm" "$root/DEBIAN/postrm"
find "$root" -type d -exec chmod 755 {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "build/ciyuan_${version}_amd64.deb" >/dev/null
ls -l "build/ciyuan_${version}_amd64.deb"
