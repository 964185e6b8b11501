//! The port and the sandbox of these tests say what the real ones say: kstatus as Flux is made with it, and the Lua machine of Argo CD.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::argo::{Health, folder, health};
use crate::combinations::JUDGED;
use crate::kstatus::{Kstatus, judge};
use crate::table;

/// Where a tool is, installed when it is missing.
pub fn tool(name: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/tools.sh");
    let output = Command::new(script)
        .arg(name)
        .stderr(Stdio::inherit())
        .output()
        .expect("scripts/tools.sh runs");
    assert!(output.status.success(), "scripts/tools.sh {name} failed");
    PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim())
}

/// What the real judges say of objects, in their order.
fn said(objects: &[&Value]) -> Vec<(Kstatus, Health)> {
    let mut judges = Command::new(tool("judges"))
        .arg(folder().join("health.lua"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("judges runs");
    let mut stdin = judges.stdin.take().expect("stdin is piped");
    let lines: String = objects.iter().map(|object| format!("{object}\n")).collect();
    // Beside the reading: neither pipe holds all of it.
    let writing = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = judges.wait_with_output().expect("judges ends");
    let written = writing.join().expect("the writer does not panic");
    assert!(output.status.success() && written.is_ok(), "judges failed");
    let verdicts = String::from_utf8(output.stdout).expect("text");
    let verdict = |line: &str| {
        let (kstatus, status, message) = serde_json::from_str(line).expect("a verdict");
        (kstatus, Health { status, message })
    };
    verdicts.lines().map(verdict).collect()
}

#[test]
fn kstatus_and_argo_cd_themselves_judge_as_the_port_and_the_sandbox_do() {
    let of_table = table::objects()
        .into_iter()
        .map(|object| (object.clone(), judge(&object), health(&object)));
    let ours: Vec<_> = of_table.chain(JUDGED.iter().cloned()).collect();
    let objects: Vec<_> = ours.iter().map(|(object, ..)| object).collect();
    let verdicts = said(&objects);
    assert_eq!(verdicts.len(), ours.len());
    for ((object, kstatus, health), (real, real_health)) in ours.iter().zip(verdicts) {
        assert_eq!(*kstatus, real, "{object}");
        // Of an object under deletion Argo CD asks no script.
        assert!(
            real == Kstatus::Terminating || *health == real_health,
            "{health:?}, not {real_health:?}: {object}"
        );
    }
}
