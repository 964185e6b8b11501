//! Clocks that are wrong: the process sees another time of day, while what measures time goes on rightly.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::Failover;
use crate::stage::Stage;

/// What the leader is started with: a clock that is off, or one that can be moved.
pub fn variables(stage: &Stage, failover: Failover) -> Vec<(String, String)> {
    let offset = match failover {
        Failover::ClockOff(minutes) => minutes,
        Failover::ClockStep(_) => 0,
        _ => return Vec::new(),
    };
    move_to(stage, offset);
    let pairs = [
        ("LD_PRELOAD", library().to_string_lossy().into_owned()),
        ("FAKETIME_TIMESTAMP_FILE", file(stage).to_string_lossy().into_owned()),
        ("FAKETIME_NO_CACHE", "1".into()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ("FAKETIME_DONT_RESET", "1".into()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// Moves the clock of a process that was started so.
pub fn jump(stage: &Stage, minutes: i64) {
    move_to(stage, minutes);
}

fn move_to(stage: &Stage, minutes: i64) {
    let seconds = minutes * 60;
    // Written beside it and moved there: half a file would be another time.
    let (file, new) = (file(stage), file(stage).with_extension("new"));
    std::fs::write(&new, format!("{seconds:+}\n")).expect("a file can be written");
    std::fs::rename(new, file).expect("a file can be moved");
}

fn file(stage: &Stage) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clock-of-{}-{}", stage.namespace, std::process::id()))
}

/// The library that shows a process another time, installed once.
fn library() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/tools.sh");
        let said = Command::new(tools).arg("libfaketime").output().expect("scripts/tools.sh runs");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        PathBuf::from(String::from_utf8(said.stdout).expect("a path").trim())
    })
}
