//! The npm package that a script belongs to.

/// The package of a script, by the last `node_modules` of its path; `None` for the application
/// and for Node itself. pnpm's and yarn's stores end in the same way.
pub fn package_of(script: &str) -> Option<String> {
    let path = script.replace('\\', "/");
    let (_, rest) = path.rsplit_once("node_modules/")?;
    let mut parts = rest.split('/');
    let first = parts.next().filter(|part| !part.is_empty())?;
    if first.starts_with('@') {
        return Some(format!("{first}/{}", parts.next()?));
    }
    Some(first.to_owned())
}

/// Whether a script is Node's own.
pub fn is_core(script: &str) -> bool {
    script.starts_with("node:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_named_by_the_last_node_modules() {
        let cases = [
            ("/app/node_modules/express/lib/router.js", Some("express")),
            (
                "file:///app/node_modules/@scope/name/index.mjs",
                Some("@scope/name"),
            ),
            (
                "/a/node_modules/.pnpm/mem@9/node_modules/mem/index.js",
                Some("mem"),
            ),
            (r"C:\app\node_modules\ws\lib\ws.js", Some("ws")),
            ("/app/server.js", None),
            ("node:internal/timers", None),
            ("", None),
        ];
        for (script, package) in cases {
            assert_eq!(package_of(script).as_deref(), package, "{script}");
        }
    }
}
