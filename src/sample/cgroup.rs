//! The memory limit of the container and what counts against it: cgroup v2, else v1.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::parse::{self, CgroupMount};

/// Limits change rarely, usage always: how long a limit that was read stays good.
const LIMITS_GOOD_FOR: Duration = Duration::from_secs(10);

/// The names of the same things in the two versions of cgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Names {
    limits: &'static [&'static str],
    used: &'static str,
    /// Field of `memory.stat`: page cache not touched lately, which the kernel takes back first.
    idle_cache: &'static str,
    /// Field of `memory.stat` with the smallest limit of all parents, also those out of sight.
    inherited_limit: Option<&'static str>,
}

/// `memory.high` counts as a limit because the kernel stalls a cgroup above it until it is of no
/// use; libuv, and so `process.constrainedMemory()`, sees it the same way.
const V2: Names = Names {
    limits: &["memory.max", "memory.high"],
    used: "memory.current",
    idle_cache: "inactive_file",
    inherited_limit: None,
};

const V1: Names = Names {
    limits: &["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    idle_cache: "total_inactive_file",
    inherited_limit: Some("hierarchical_memory_limit"),
};

/// The container's memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ContainerMemory {
    /// In use in the cgroup whose limit counts, without page cache that is about to be dropped:
    /// the working set, as Kubernetes counts it. With the cache, every container that reads
    /// files would seem full.
    pub used: Option<u64>,
    /// The smallest limit of the cgroup and its parents; `None` when there is none.
    pub limit: Option<u64>,
}

/// The cgroup of this process: its directories are found once.
#[derive(Debug)]
pub(super) struct Cgroup {
    names: Names,
    /// The own directory first, then its parents up to the mount.
    levels: Vec<PathBuf>,
    /// The level whose limit counts, that limit, and when it was read.
    limit: Option<(usize, Option<u64>, Instant)>,
}

impl Cgroup {
    /// Finds the cgroup from the text of `/proc/self/cgroup` and `/proc/self/mountinfo`, with all
    /// paths below `top` (`/`, but for tests). `None` where there are no cgroups with memory.
    pub(super) fn find(top: &Path, own: &str, mountinfo: &str) -> Option<Self> {
        let own = parse::own_cgroups(own);
        let (unified, memory) = parse::cgroup_mounts(mountinfo);
        let versions = [(V2, own.unified, unified), (V1, own.memory, memory)];
        versions.into_iter().find_map(|(names, path, mount)| {
            let levels = levels(top, &path?, &mount?);
            // On a hybrid host v2 is mounted without the memory controller.
            let has_memory = |level: &PathBuf| level.join(names.used).exists();
            levels.iter().any(has_memory).then_some(Self {
                names,
                levels,
                limit: None,
            })
        })
    }

    /// Reads usage, and the limits when they are older than ten seconds at `now`.
    pub(super) fn read(&mut self, now: Instant) -> ContainerMemory {
        let (level, limit) = match self.limit {
            Some((level, limit, read)) if now.duration_since(read) < LIMITS_GOOD_FOR => {
                (level, limit)
            }
            _ => {
                let (level, limit) = self.smallest_limit();
                self.limit = Some((level, limit, now));
                (level, limit)
            }
        };
        let directory = &self.levels[level];
        let used = read(&directory.join(self.names.used)).and_then(|text| parse::bytes(&text));
        let statistics = read(&directory.join("memory.stat")).unwrap_or_default();
        let idle = parse::statistic(&statistics, self.names.idle_cache).unwrap_or(0);
        ContainerMemory {
            used: used.map(|used| used.saturating_sub(idle)),
            limit,
        }
    }

    fn smallest_limit(&self) -> (usize, Option<u64>) {
        let own = |directory: &PathBuf| {
            let files = self.names.limits.iter();
            files
                .filter_map(|name| parse::bytes(&read(&directory.join(name))?))
                .min()
        };
        let inherited = self.names.inherited_limit.and_then(|field| {
            let statistics = read(&self.levels[0].join("memory.stat"))?;
            parse::statistic(&statistics, field).and_then(|limit| parse::bytes(&limit.to_string()))
        });
        let seen = self.levels.iter().enumerate();
        let smallest = seen
            .filter_map(|(level, directory)| Some((own(directory)?, level)))
            .min_by_key(|(limit, _)| *limit);
        match (smallest, inherited) {
            (Some((limit, level)), Some(inherited)) if limit <= inherited => (level, Some(limit)),
            (Some((limit, level)), None) => (level, Some(limit)),
            (_, inherited) => (0, inherited),
        }
    }
}

/// The directory of the cgroup at `path` and its parents, up to where the hierarchy is mounted.
fn levels(top: &Path, path: &str, mount: &CgroupMount) -> Vec<PathBuf> {
    let mounted = top.join(mount.directory.trim_start_matches('/'));
    // In a container without its own cgroup namespace the mount shows only a part of the
    // hierarchy and the path counts from the host's top; with one, both begin at "/". A path
    // that lies outside what is mounted ("/../..") leaves the mount itself.
    let root = mount.root.trim_end_matches('/');
    let inside = path
        .strip_prefix(root)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let inside = inside.unwrap_or("").trim_matches('/');
    let outside = inside.split('/').any(|part| part == "..");
    let mut levels = Vec::new();
    let mut directory = if outside {
        mounted.clone()
    } else {
        mounted.join(inside)
    };
    while directory.starts_with(&mounted) {
        if directory.is_dir() {
            levels.push(directory.clone());
        }
        if !directory.pop() {
            break;
        }
    }
    levels
}

/// The text of a small file of `/proc` or a cgroup; `None` when it cannot be read.
pub(super) fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2_MOUNT: &str = "35 24 0:30 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n";

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn write(&self, directory: &str, files: &[(&str, &str)]) -> &Self {
            let directory = self.0.path().join(directory.trim_start_matches('/'));
            fs::create_dir_all(&directory).unwrap();
            for (name, text) in files {
                fs::write(directory.join(name), text).unwrap();
            }
            self
        }

        fn read(&self, own: &str, mountinfo: &str) -> Option<ContainerMemory> {
            Some(Cgroup::find(self.0.path(), own, mountinfo)?.read(Instant::now()))
        }
    }

    fn memory(used: u64, limit: impl Into<Option<u64>>) -> Option<ContainerMemory> {
        Some(ContainerMemory {
            used: Some(used),
            limit: limit.into(),
        })
    }

    #[test]
    fn a_container_with_a_cgroup_namespace() {
        let tree = Tree::new();
        tree.write(
            "/sys/fs/cgroup",
            &[
                ("memory.max", "536870912\n"),
                ("memory.high", "max\n"),
                ("memory.current", "104857600\n"),
                (
                    "memory.stat",
                    "anon 90000000\nfile 14857600\ninactive_file 4857600\n",
                ),
            ],
        );
        assert_eq!(
            tree.read("0::/\n", V2_MOUNT),
            memory(100_000_000, 536_870_912)
        );
    }

    #[test]
    fn a_nested_v2_cgroup_takes_the_smallest_limit_and_its_usage() {
        let tree = Tree::new();
        let plain = |max: &'static str, current: &'static str| {
            [
                ("memory.max", max),
                ("memory.high", "max"),
                ("memory.current", current),
            ]
        };
        // The top of the hierarchy has no memory files at all.
        tree.write("/sys/fs/cgroup", &[("cgroup.controllers", "memory\n")])
            .write(
                "/sys/fs/cgroup/kubepods/pod1",
                &plain("300000000\n", "250000000\n"),
            )
            .write(
                "/sys/fs/cgroup/kubepods",
                &plain("8000000000\n", "900000000\n"),
            )
            .write(
                "/sys/fs/cgroup/kubepods/pod1/app",
                &plain("max\n", "200000000\n"),
            );
        let own = "0::/kubepods/pod1/app\n";
        assert_eq!(tree.read(own, V2_MOUNT), memory(250_000_000, 300_000_000));
    }

    #[test]
    fn memory_high_is_a_limit() {
        let tree = Tree::new();
        tree.write(
            "/sys/fs/cgroup/a.service",
            &[
                ("memory.max", "max"),
                ("memory.high", "1000000"),
                ("memory.current", "5000"),
            ],
        );
        assert_eq!(
            tree.read("0::/a.service\n", V2_MOUNT),
            memory(5000, 1_000_000)
        );
    }

    #[test]
    fn a_host_without_limit() {
        let tree = Tree::new();
        tree.write(
            "/sys/fs/cgroup/user.slice",
            &[
                ("memory.max", "max"),
                ("memory.high", "max"),
                ("memory.current", "5000"),
            ],
        );
        assert_eq!(tree.read("0::/user.slice\n", V2_MOUNT), memory(5000, None));
    }

    #[test]
    fn a_v1_container_sees_its_part_only() {
        let mountinfo =
            "703 699 0:33 /docker/4f5e /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        let tree = Tree::new();
        tree.write(
            "/sys/fs/cgroup/memory",
            &[
                ("memory.limit_in_bytes", "268435456\n"),
                ("memory.usage_in_bytes", "150000000\n"),
                (
                    "memory.stat",
                    "inactive_file 1\ntotal_inactive_file 50000000\n\
                     hierarchical_memory_limit 268435456\n",
                ),
            ],
        );
        let own = "9:memory:/docker/4f5e\n0::/\n";
        assert_eq!(tree.read(own, mountinfo), memory(100_000_000, 268_435_456));
    }

    #[test]
    fn a_v1_limit_of_a_parent_out_of_sight_counts() {
        let mountinfo = "703 699 0:33 /a/b /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        let tree = Tree::new();
        tree.write(
            "/sys/fs/cgroup/memory",
            &[
                ("memory.limit_in_bytes", "9223372036854771712\n"),
                ("memory.usage_in_bytes", "150\n"),
                ("memory.stat", "hierarchical_memory_limit 4000000\n"),
            ],
        );
        assert_eq!(
            tree.read("9:memory:/a/b\n", mountinfo),
            memory(150, 4_000_000)
        );
    }

    #[test]
    fn a_hybrid_host_has_its_memory_in_v1() {
        let mountinfo = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                         41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let tree = Tree::new();
        let unlimited = "9223372036854771712\n";
        tree.write(
            "/sys/fs/cgroup/unified",
            &[("memory.pressure", "some avg10=0.00\n")],
        )
        .write(
            "/sys/fs/cgroup/memory",
            &[("memory.limit_in_bytes", unlimited)],
        )
        .write(
            "/sys/fs/cgroup/memory/api/one",
            &[
                ("memory.limit_in_bytes", unlimited),
                ("memory.usage_in_bytes", "77"),
            ],
        );
        let own = "4:memory:/api/one\n1:cpu:/\n0::/\n";
        assert_eq!(tree.read(own, mountinfo), memory(77, None));
    }

    #[test]
    fn a_path_outside_the_mount_falls_back_to_the_mount() {
        let tree = Tree::new();
        tree.write(
            "/sys/fs/cgroup",
            &[("memory.max", "900"), ("memory.current", "5")],
        );
        assert_eq!(tree.read("0::/../other\n", V2_MOUNT), memory(5, 900));
    }

    #[test]
    fn a_sibling_with_a_longer_name_is_outside() {
        let mountinfo = "35 24 0:30 /a/b /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n";
        let tree = Tree::new();
        tree.write(
            "/sys/fs/cgroup",
            &[("memory.max", "900"), ("memory.current", "5")],
        )
        .write(
            "/sys/fs/cgroup/c",
            &[("memory.max", "70"), ("memory.current", "6")],
        );
        assert_eq!(tree.read("0::/a/bc\n", mountinfo), memory(5, 900));
        assert_eq!(tree.read("0::/a/b/c\n", mountinfo), memory(6, 70));
    }

    #[test]
    fn no_cgroups_no_answer() {
        let tree = Tree::new();
        assert_eq!(tree.read("", V2_MOUNT), None);
        assert_eq!(tree.read("0::/\n", ""), None);
        assert_eq!(tree.read("0::/\n", V2_MOUNT), None);
    }

    #[test]
    fn limits_are_read_again_after_a_while() {
        let tree = Tree::new();
        tree.write(
            "/sys/fs/cgroup",
            &[("memory.max", "900"), ("memory.current", "5")],
        );
        let mut cgroup = Cgroup::find(tree.0.path(), "0::/\n", V2_MOUNT).unwrap();
        let start = Instant::now();
        assert_eq!(cgroup.read(start).limit, Some(900));
        tree.write(
            "/sys/fs/cgroup",
            &[("memory.max", "700"), ("memory.current", "6")],
        );
        assert_eq!(
            cgroup.read(start),
            ContainerMemory {
                used: Some(6),
                limit: Some(900)
            }
        );
        let later = start + LIMITS_GOOD_FOR;
        assert_eq!(
            cgroup.read(later),
            ContainerMemory {
                used: Some(6),
                limit: Some(700)
            }
        );
    }
}
