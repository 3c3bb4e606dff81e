//! What usually mends a leak, by the pattern that it follows.

use super::holder::Outside;
use super::open_handles::Openable;
use super::suspect::SuspectKind;

/// What the pattern is known by.
pub(super) struct Case<'a> {
    pub(super) kind: SuspectKind,
    /// What piles up.
    pub(super) class_name: &'a str,
    pub(super) holder_class: &'a str,
    pub(super) holder_name: &'a str,
    /// Class of what the holder belongs to.
    pub(super) owner_class: &'a str,
    /// What each member keeps alive, when it is something else than itself.
    pub(super) keeps: Option<&'a str>,
    /// What is open until somebody ends it.
    pub(super) openable: Option<Openable>,
    /// Who holds them, if no object of the program does.
    pub(super) outside: Option<Outside>,
}

/// For what is known by its allocation alone.
pub(super) const UNKNOWN_HOLDER: &str =
    "look for who keeps what it makes: a collection, a listener, a timer.";

/// One sentence, without a capital.
pub(super) fn advice(case: &Case<'_>) -> &'static str {
    if let Some(openable) = case.openable {
        return open(openable);
    }
    if case.outside == Some(Outside::Engine) {
        return "do not make names out of data: keep keys that come from outside in a Map, not in an \
                object, and use Symbol() instead of Symbol.for().";
    }
    // What an AsyncLocalStorage holds hangs on whatever was begun within it.
    if case.keeps.is_some_and(is_async) || is_async(case.class_name) {
        return "each of them keeps its asynchronous context and what AsyncLocalStorage stores in it: end \
                what was begun within run(), or begin it outside of run() (AsyncLocalStorage.exit).";
    }
    match case.kind {
        SuspectKind::Collection => collection(case),
        SuspectKind::Listeners => listeners(case),
        SuspectKind::Timers => {
            "keep what setInterval or setTimeout returns, and clear it when its owner ends."
        }
        SuspectKind::Closure => {
            "functions that were made in the same scope share one context, and it keeps the variables of \
             all of them: set the variable that holds the previous one to null, or pass values instead \
             of closing over them."
        }
        SuspectKind::Promise => {
            "do not race (Promise.race) or await against a promise that lives as long as the process: \
             each wait adds a reaction that is never removed. Use an AbortSignal, or a new promise for \
             each wait."
        }
        SuspectKind::Buffers => {
            "bound what is kept; and where it is a small piece of a large one (subarray, slice), copy \
             the piece (Buffer.from(piece)): it keeps all of the memory that it was cut from."
        }
        SuspectKind::Contexts => {
            "release what keeps the context: listeners, timers and references from outside; call \
             close() where there is one."
        }
        SuspectKind::Strings => {
            "bound what is kept; a piece that was cut from a long string (slice, match, split) keeps all \
             of it: keep a copy, such as Buffer.from(piece).toString()."
        }
        SuspectKind::Objects => "find out who should have let go of them: see the path.",
    }
}

fn open(openable: Openable) -> &'static str {
    match openable {
        Openable::Worker => {
            "a worker runs until it ends by itself: call terminate() when it is done with, or keep a few \
             workers and use them again."
        }
        Openable::ChildProcess => {
            "a child process lives until it ends by itself: end its input, call kill(), or give it a \
             timeout."
        }
        Openable::Watcher => {
            "a watcher watches until it is told to stop: call close() (unwatchFile() after watchFile()) \
             when its owner ends, or share one watcher."
        }
        Openable::Agent => {
            "make one agent for all requests, or call destroy() when an agent is done with: the \
             connections that it keeps alive stay open."
        }
        Openable::ClientRequest => {
            "read each response to its end (resume() it where nobody wants the body) or destroy() the \
             request, and give requests a timeout."
        }
        Openable::ServerResponse => {
            "answer each request to its end (response.end()), also where something fails, and give \
             requests a timeout."
        }
        Openable::MessagePort => {
            "call close() on one of the two ports of a channel when it is done with."
        }
        Openable::Socket => {
            "call end(), destroy() or close() on sockets that are done with, and give connections a \
             timeout."
        }
        Openable::Closable => "call close() when it is done with.",
    }
}

fn collection(case: &Case<'_>) -> &'static str {
    match case.class_name {
        "Promise" => {
            return "each of them waits for something that does not come: settle it (a timeout, an \
                    AbortSignal), and take it out when it has settled.";
        }
        "AbortSignal" => {
            return "signals that follow others (AbortSignal.any) stay as long as these may be aborted \
                    and they have listeners: remove the listeners when the work is done.";
        }
        "WeakRef" if case.owner_class == "AbortSignal" => {
            return "AbortSignal.any leaves a reference on each signal that it follows, as long as that \
                    signal lives: where that is as long as the process, add a listener to it and \
                    remove it when the work is done.";
        }
        _ => {}
    }
    if is_cache(case.holder_name) || is_cache(case.owner_class) {
        return "it is a cache without a bound: give it a maximum size or a time to live, and take care \
                that keys are equal when what they stand for is.";
    }
    match case.holder_class {
        "Map" => {
            "delete entries when they are done with, or bound the Map (a maximum size, a time to live); \
             for data about an object, use a WeakMap."
        }
        "Set" => {
            "delete members when they are done with, or bound the Set; to mark objects, use a WeakSet."
        }
        "Array" => {
            "take out what is done with, or keep only the newest elements (shift, splice, a ring)."
        }
        "WeakMap" | "WeakSet" => {
            "an entry lives as long as its key: let go of the keys, or do not let values refer to them."
        }
        "FinalizationRegistry" => {
            "an entry stays until its object is collected: register objects that end, or unregister."
        }
        _ => {
            "an object that is used as a dictionary only grows: delete keys when they are done with, or \
             use a Map with a bound (a maximum size, a time to live)."
        }
    }
}

fn listeners(case: &Case<'_>) -> &'static str {
    match case.holder_class {
        "AbortSignal" => {
            "a signal that lives as long as the process keeps each listener until it is aborted: remove \
             the listener when the work is done, or give each piece of work a signal of its own."
        }
        "EventTarget" => {
            "call removeEventListener() when the listener's owner ends, pass { once: true } or a signal, \
             or register it once outside the request."
        }
        _ => {
            "remove the listener when its owner ends, use once() or an AbortSignal, or register it once \
             outside the request."
        }
    }
}

fn is_async(class: &str) -> bool {
    matches!(class, "AsyncResource" | "AsyncContextFrame")
}

fn is_cache(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["cache", "memo", "lru"]
        .iter()
        .any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case<'a>(kind: SuspectKind, holder_class: &'a str, holder_name: &'a str) -> Case<'a> {
        Case {
            kind,
            class_name: "Entry",
            holder_class,
            holder_name,
            owner_class: "Object",
            keeps: None,
            openable: None,
            outside: None,
        }
    }

    #[test]
    fn each_collection_has_its_own() {
        let of = |class, name| advice(&case(SuspectKind::Collection, class, name));
        let all = [
            of("Map", "requests"),
            of("Set", "seen"),
            of("Array", "log"),
            of("Object", "byId"),
            of("WeakMap", "meta"),
            of("Map", "docCache"),
        ];
        for (place, one) in all.iter().enumerate() {
            assert!(!all[..place].contains(one), "{one}");
        }
        assert_eq!(of("Object", "memoized"), of("Map", "docCache"));
        let within = |owner_class| {
            advice(&Case {
                owner_class,
                ..case(SuspectKind::Collection, "Map", "store")
            })
        };
        assert_eq!(within("LRUCache"), of("Map", "docCache"));
        assert_eq!(within("Store"), of("Map", "requests"));
    }

    #[test]
    fn listeners_are_mended_where_they_are() {
        let of = |class| advice(&case(SuspectKind::Listeners, class, "bus"));
        assert!(of("AbortSignal").contains("signal of its own"));
        assert!(of("EventTarget").contains("removeEventListener"));
        assert!(of("Socket").contains("once()"));
    }

    #[test]
    fn what_signals_leave_behind_is_no_set_of_the_programs() {
        let within = |owner_class| {
            advice(&Case {
                class_name: "WeakRef",
                owner_class,
                ..case(SuspectKind::Collection, "Set", "shutdown.signal")
            })
        };
        assert!(within("AbortSignal").contains("AbortSignal.any"));
        assert!(within("Registry").contains("WeakSet"));
    }

    #[test]
    fn names_that_v8_keeps_are_no_pieces_of_strings() {
        let names = Case {
            outside: Some(Outside::Engine),
            ..case(SuspectKind::Strings, "Internalized strings", "V8")
        };
        assert!(advice(&names).contains("Symbol()"));
    }

    #[test]
    fn asynchronous_contexts_are_told_whatever_holds_them() {
        let chain = Case {
            keeps: Some("AsyncResource"),
            ..case(SuspectKind::Collection, "Array", "waiting")
        };
        assert!(advice(&chain).contains("AsyncLocalStorage"));
    }
}
