//! Reading the text of `/proc` and cgroup files. Pure: text in, figures out.

/// Resident set in pages: the second field of `/proc/self/statm`.
pub(super) fn resident_pages(statm: &str) -> Option<u64> {
    statm.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Total and available memory in bytes, from `/proc/meminfo`, which counts in KiB.
pub(super) fn system_memory(meminfo: &str) -> (Option<u64>, Option<u64>) {
    let field = |name: &str| {
        let line = meminfo
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_ascii_whitespace()
            .next()?
            .parse::<u64>()
            .ok()?
            .checked_mul(1024)
    };
    (field("MemTotal"), field("MemAvailable"))
}

/// A limit or usage file: a number of bytes. `None` for `max`, which means no limit, and for
/// v1's "no limit", the largest number of whole pages that fits a signed 64-bit integer.
pub(super) fn bytes(text: &str) -> Option<u64> {
    const NONE_FROM: u64 = 1 << 62;
    text.trim().parse().ok().filter(|bytes| *bytes < NONE_FROM)
}

/// A field of `memory.stat`, in bytes.
pub(super) fn statistic(memory_stat: &str, name: &str) -> Option<u64> {
    memory_stat
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
        .and_then(|value| value.trim().parse().ok())
}

/// The process's place in the cgroup hierarchies, from `/proc/self/cgroup`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OwnCgroups {
    /// Path in the v2 hierarchy (`0::/path`).
    pub unified: Option<String>,
    /// Path in the v1 hierarchy that has the memory controller (`4:memory:/path`).
    pub memory: Option<String>,
}

/// Parses `/proc/self/cgroup`: lines of `hierarchy:controllers:path`.
pub(super) fn own_cgroups(text: &str) -> OwnCgroups {
    let mut own = OwnCgroups::default();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(hierarchy), Some(controllers), Some(path)) =
            (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if hierarchy == "0" && controllers.is_empty() {
            own.unified = Some(path.to_owned());
        } else if controllers
            .split(',')
            .any(|controller| controller == "memory")
        {
            own.memory = Some(path.to_owned());
        }
    }
    own
}

/// Where a cgroup hierarchy is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CgroupMount {
    /// The cgroup that the mount shows at its top.
    pub root: String,
    /// Directory in this mount namespace.
    pub directory: String,
}

/// The mounts of the v2 hierarchy and of v1's memory controller, from `/proc/self/mountinfo`
/// (proc_pid_mountinfo(5)): `id parent major:minor root directory options [tags] - type source
/// super-options`.
pub(super) fn cgroup_mounts(mountinfo: &str) -> (Option<CgroupMount>, Option<CgroupMount>) {
    let (mut unified, mut memory) = (None, None);
    for line in mountinfo.lines() {
        let Some((before, after)) = line.split_once(" - ") else {
            continue;
        };
        let mut before = before.split(' ').skip(3);
        let (Some(root), Some(directory)) = (before.next(), before.next()) else {
            continue;
        };
        let mut after = after.split(' ');
        let (kind, options) = (after.next(), after.nth(1).unwrap_or(""));
        let mount = || {
            Some(CgroupMount {
                root: unescape(root),
                directory: unescape(directory),
            })
        };
        match kind {
            Some("cgroup2") if unified.is_none() => unified = mount(),
            Some("cgroup") if memory.is_none() && options.split(',').any(|o| o == "memory") => {
                memory = mount();
            }
            _ => {}
        }
    }
    (unified, memory)
}

/// Undoes the octal escapes of mountinfo: blank, tab, newline and backslash.
fn unescape(text: &str) -> String {
    text.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statm_and_meminfo() {
        assert_eq!(resident_pages("765 420 392 5 0 123 0\n"), Some(420));
        assert_eq!(resident_pages("765"), None);
        let text = "MemTotal:       24684084 kB\nMemFree:        23740392 kB\n\
                    MemAvailable:   24335172 kB\nBuffers:            2372 kB\n";
        assert_eq!(
            system_memory(text),
            (Some(24_684_084 * 1024), Some(24_335_172 * 1024))
        );
        // Kernels before 3.14 have no MemAvailable.
        assert_eq!(
            system_memory("MemTotal: 8 kB\nMemFree: 4 kB\n"),
            (Some(8192), None)
        );
    }

    #[test]
    fn limits() {
        assert_eq!(bytes("536870912\n"), Some(536_870_912));
        assert_eq!(bytes("max\n"), None);
        assert_eq!(bytes("9223372036854771712\n"), None);
        assert_eq!(bytes("18446744073709551615\n"), None);
        assert_eq!(bytes(""), None);
    }

    #[test]
    fn statistics_match_whole_names() {
        let text = "anon 1000\nfile 2000\ninactive_file 300\nactive_file 400\n\
                    total_inactive_file 700\n";
        assert_eq!(statistic(text, "inactive_file"), Some(300));
        assert_eq!(statistic(text, "total_inactive_file"), Some(700));
        assert_eq!(statistic(text, "inactive"), None);
    }

    #[test]
    fn own_cgroup_on_v1_hybrid_and_v2() {
        let v1 = "12:pids:/docker/4f5e\n11:cpu,cpuacct:/docker/4f5e\n9:memory:/docker/4f5e\n\
                  1:name=systemd:/docker/4f5e\n0::/system.slice/containerd.service\n";
        let own = own_cgroups(v1);
        assert_eq!(own.memory.as_deref(), Some("/docker/4f5e"));
        assert_eq!(
            own.unified.as_deref(),
            Some("/system.slice/containerd.service")
        );
        let v2 = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/a:b.scope\n";
        let own = own_cgroups(v2);
        assert_eq!(
            own.unified.as_deref(),
            Some("/user.slice/user-1000.slice/user@1000.service/app.slice/a:b.scope")
        );
        assert_eq!(own.memory, None);
    }

    #[test]
    fn mounts_of_a_v2_host() {
        let text = "24 30 0:22 / /proc rw,nosuid - proc proc rw\n\
                    35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - \
                    cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n";
        let (unified, memory) = cgroup_mounts(text);
        assert_eq!(
            unified,
            Some(CgroupMount {
                root: "/".into(),
                directory: "/sys/fs/cgroup".into()
            })
        );
        assert_eq!(memory, None);
    }

    #[test]
    fn mounts_of_a_v1_container() {
        let text = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n\
                    700 699 0:29 /docker/4f5e /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup \
                    rw,cpu,cpuacct\n\
                    703 699 0:33 /docker/4f5e /sys/fs/cgroup/memory ro master:15 - cgroup cgroup \
                    rw,memory\n\
                    710 699 0:41 / /sys/fs/cgroup/uni\\040fied rw - cgroup2 cgroup2 rw\n";
        let (unified, memory) = cgroup_mounts(text);
        assert_eq!(
            memory,
            Some(CgroupMount {
                root: "/docker/4f5e".into(),
                directory: "/sys/fs/cgroup/memory".into()
            })
        );
        assert_eq!(unified.unwrap().directory, "/sys/fs/cgroup/uni fied");
    }

    #[test]
    fn garbage_is_nothing() {
        assert_eq!(own_cgroups("not a line\n::\n"), OwnCgroups::default());
        assert_eq!(cgroup_mounts("1 2 3\n - \n1 - cgroup2\n"), (None, None));
    }
}
