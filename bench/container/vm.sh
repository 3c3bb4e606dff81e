#!/bin/sh
# Runs bench/container in a virtual machine, for hosts without cgroup v2 or the right to use it.
#
#   apt-get install qemu-system-x86 linux-image-cloud-amd64 busybox-static cpio e2fsprogs kmod
#   sh bench/container/vm.sh [the options of bench/container]
#
# The machine has the newest kernel below /boot, and a disk that is made of this host's own files:
# busybox, node with its libraries, and the built addon. It lives in a directory for temporary
# files that is removed at the end, and reaches neither a network nor the host's disk.
#
#   NODE           program to test (default: node)
#   VM_ACCELERATOR tcg (default, works everywhere, many times slower than the host) or kvm
#   VM_MEMORY      MB (default 3072)
#   VM_TIMEOUT     seconds after which it is switched off (default 3600)
#   VM_APP         directory of leakguard to test (default: this one)
#
# Exits as bench/container does, or with 3 when the machine did not come that far.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
app=${VM_APP:-$(cd "$here/../.." && pwd)}
node=$(readlink -f "$(command -v "${NODE:-node}")")
kernel=$(ls -v /boot/vmlinuz-* | tail -n 1)
version=${kernel#/boot/vmlinuz-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The libraries that a program names, at the paths where it looks for them.
libraries() {
  ldd "$@" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\s*\(\/[^ :]*\) .*/\1/p' | sort -u
}

disk=$work/disk
mkdir -p "$disk/bin" "$disk/app/bench" "$disk/proc" "$disk/sys" "$disk/dev" "$disk/tmp"
cp /bin/busybox "$disk/bin/busybox"
for command in sh mount poweroff cat; do ln -s busybox "$disk/bin/$command"; done
cp "$node" "$disk/bin/node"
libraries "$node" "$app"/leakguard.*.node | while read -r library; do
  mkdir -p "$disk$(dirname "$library")"
  cp -L "$library" "$disk$library"
done
cp -r "$app/lib" "$app/index.js" "$app/package.json" "$app"/leakguard.*.node "$disk/app/"
cp -r "$here" "$disk/app/bench/container"
for argument in "$@"; do printf '%s\n' "$argument"; done > "$disk/app/arguments"

cat > "$disk/run" <<'END'
#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /dev/shm
mount -t tmpfs tmpfs /dev/shm
ip link set lo up
cd /app
set --
while read -r argument; do set -- "$@" "$argument"; done < arguments
node bench/container "$@"
echo "bench/container exits with $?"
poweroff -f
END
for command in mkdir ip sleep; do ln -s busybox "$disk/bin/$command"; done
chmod +x "$disk/run"
truncate -s 6G "$work/disk.img"
mkfs.ext4 -q -d "$disk" "$work/disk.img"

# All that the first file system has to do is to find the second.
first=$work/first
mkdir -p "$first/bin" "$first/modules" "$first/proc" "$first/dev" "$first/new"
cp /bin/busybox "$first/bin/"
ln -s busybox "$first/bin/sh"
{
  echo '#!/bin/sh'
  echo 'busybox mount -t devtmpfs dev /dev'
  for module in virtio_pci virtio_blk; do
    modprobe -S "$version" --show-depends "$module" | while read -r how file rest; do
      [ "$how" = insmod ] || continue
      cp "$file" "$first/modules/"
      echo "busybox insmod /modules/$(basename "$file") 2> /dev/null"
    done
  done
  echo 'busybox mount -t ext4 /dev/vda /new && busybox mount --move /dev /new/dev'
  echo 'exec busybox switch_root /new /run'
} > "$first/init"
chmod +x "$first/init"
(cd "$first" && find . | cpio --quiet -o -H newc | gzip -1) > "$work/first.gz"

processor=max
[ "${VM_ACCELERATOR:-tcg}" = tcg ] || processor=host
accelerator=${VM_ACCELERATOR:-tcg}
[ "$accelerator" = tcg ] && accelerator=tcg,thread=multi
timeout "${VM_TIMEOUT:-3600}" qemu-system-x86_64 \
  -accel "$accelerator" -cpu "$processor" -smp 2 -m "${VM_MEMORY:-3072}" \
  -kernel "$kernel" -initrd "$work/first.gz" \
  -append 'console=ttyS0 quiet panic=-1 cgroup_no_v1=all' \
  -drive "file=$work/disk.img,format=raw,if=virtio,cache=unsafe" \
  -display none -monitor none -serial stdio -nic none -no-reboot < /dev/null |
  sed -u 's|\r$||' | tee "$work/output"
status=$(sed -n 's/^bench\/container exits with //p' "$work/output")
exit "${status:-3}"
