//! What a verdict says.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LeakKind {
    /// Objects in V8's heap.
    Heap,
    /// Memory outside the heap that objects in it own: ArrayBuffers, Buffers, native wrappers.
    External,
    /// Resident set that V8 does not account for.
    Native,
    /// V8 contexts (vm, realms).
    Contexts,
    /// Handles and requests of the event loop.
    Handles,
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitKind {
    /// The heap size at which V8 gives up.
    Heap,
    /// The container's memory (cgroup).
    Container,
    /// The machine's memory.
    System,
}

/// The limit that growth reaches first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limit {
    /// Whose it is.
    pub kind: LimitKind,
    /// Its size in bytes; 0 when no limit is known.
    pub bytes: u64,
    /// When it is reached if growth goes on, in epoch ms; `None` when that cannot be said.
    pub reached_at: Option<f64>,
}

/// Growth that does not end.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Leak {
    /// What grows.
    pub kind: LeakKind,
    /// Median rate, bytes per second.
    pub bytes_per_second: f64,
    /// Where the rate lies with 99 % confidence, bytes per second.
    pub interval: [f64; 2],
    /// 0 to 1. Mean of three shares: the lower end of the interval against the rate, the late
    /// rate against the early one (at most 1), and certainty itself; times the chance that it is
    /// no accident.
    pub confidence: f64,
    /// When growth began, epoch ms.
    pub since: f64,
    /// Bytes grown since then.
    pub growth: u64,
    /// The limit that is reached first.
    pub limit: Limit,
    /// One sentence for a log line.
    pub message: String,
}

/// Which limit is near.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PressureKind {
    /// The live heap against V8's limit.
    Heap,
    /// Memory of the container against the container's limit.
    Container,
}

/// A limit is near.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pressure {
    /// Which limit.
    pub kind: PressureKind,
    /// `used` by `limit`.
    pub share: f64,
    /// Bytes in use.
    pub used: u64,
    /// The limit in bytes.
    pub limit: u64,
    /// The share that was crossed.
    pub threshold: f64,
    /// One sentence for a log line.
    pub message: String,
}

/// What the judge has to say, once.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A leak was found.
    Leak(Leak),
    /// A leak that was reported has ended.
    Settled(Leak),
    /// A limit is near.
    Pressure(Pressure),
}

/// As `{"type": "leak", "leak": {…}}`, `{"type": "settled", "leak": {…}}` or
/// `{"type": "pressure", "pressure": {…}}`.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        match self {
            Event::Leak(leak) => {
                map.serialize_entry("type", "leak")?;
                map.serialize_entry("leak", leak)?;
            }
            Event::Settled(leak) => {
                map.serialize_entry("type", "settled")?;
                map.serialize_entry("leak", leak)?;
            }
            Event::Pressure(pressure) => {
                map.serialize_entry("type", "pressure")?;
                map.serialize_entry("pressure", pressure)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_tagged() {
        let leak = Leak {
            kind: LeakKind::External,
            bytes_per_second: 2.0,
            interval: [1.0, 3.0],
            confidence: 0.9,
            since: 5.0,
            growth: 7,
            limit: Limit {
                kind: LimitKind::Container,
                bytes: 9,
                reached_at: None,
            },
            message: "m".into(),
        };
        let json = serde_json::to_value(Event::Leak(leak.clone())).unwrap();
        assert_eq!(json["type"], "leak");
        assert_eq!(json["leak"]["kind"], "external");
        assert_eq!(json["leak"]["bytesPerSecond"], 2.0);
        assert_eq!(json["leak"]["limit"]["kind"], "container");
        assert!(json["leak"]["limit"]["reachedAt"].is_null());
        assert_eq!(
            serde_json::to_value(Event::Settled(leak)).unwrap()["type"],
            "settled"
        );
        let pressure = Pressure {
            kind: PressureKind::Heap,
            share: 0.8,
            used: 8,
            limit: 10,
            threshold: 0.8,
            message: String::new(),
        };
        let json = serde_json::to_value(Event::Pressure(pressure)).unwrap();
        assert_eq!(
            (&json["type"], &json["pressure"]["kind"]),
            (&"pressure".into(), &"heap".into())
        );
    }
}
