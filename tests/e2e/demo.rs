//! The check with which the demo holds deliveries against what was written: it fails when it has to.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};

const ALIAS: &str = "arn:aws:lambda:eu-west-1:111122223333:function:orders:live";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:orders";

/// Four records that were written to one shard; between them some of another.
fn written() -> Value {
    let records = [("a", 1), ("b", 2), ("a", 3), ("a", 4), ("b", 5), ("a", 6)];
    json!({ "records": records.map(|(shard, sequence)| json!({"shard": shard, "sequence": sequence})) })
}

fn delivery(shard: &str, sequence: u64, target: &str, outcome: &str) -> Value {
    json!({"shard": shard, "sequence": sequence, "target": target, "outcome": outcome, "provisioned": target == ALIAS})
}

fn processed(shard: &str, sequence: u64) -> Value {
    delivery(shard, sequence, FUNCTION, "Processed")
}

/// A file with what was written, as awssim answers.
static WRITTEN: LazyLock<PathBuf> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("written.json");
    std::fs::write(&file, written().to_string()).expect("a file can be written");
    file
});

/// Whether the check finds nothing wrong, and its lines, words separated by one blank.
fn check(deliveries: &[Value]) -> (bool, Vec<String>) {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
    let [objects, check] = ["objects.awk", "check-records.awk"].map(|name| demo.join(name));
    let mut awk = Command::new("awk")
        .args([
            "-f".as_ref(),
            objects.as_os_str(),
            "-f".as_ref(),
            check.as_os_str(),
            WRITTEN.as_os_str(),
            "-".as_ref(),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("awk runs");
    // As awssim answers: each member on a line of its own, and in another order than that of the file.
    let answer = serde_json::to_string_pretty(&json!({"deliveries": deliveries, "last": deliveries.len()})).expect("JSON");
    let mut stdin = awk.stdin.take().expect("stdin is piped");
    stdin.write_all(answer.as_bytes()).expect("awk reads");
    drop(stdin);
    let output = awk.wait_with_output().expect("awk ends");
    let text = String::from_utf8(output.stdout).expect("awk prints text");
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    (output.status.success(), lines.skip(1).collect())
}

#[test]
fn records_that_were_all_processed_in_order_pass_and_those_that_came_again_are_counted() {
    let all = [
        processed("a", 1),
        processed("b", 2),
        processed("a", 3),
        processed("a", 4),
        delivery("a", 3, ALIAS, "Processed"),
        delivery("a", 4, ALIAS, "Processed"),
        delivery("a", 6, ALIAS, "Processed"),
        delivery("b", 5, ALIAS, "Failed"),
        delivery("b", 5, ALIAS, "Processed"),
        delivery("b", 7, ALIAS, "Processed"),
    ];
    // Shard, written, processed, lost, out of order, delivered again, to the alias from, on warm capacity.
    assert_eq!(
        check(&all),
        (true, vec!["a 4 4 0 0 2 record 2 3".into(), "b 2 2 0 0 0 record 2 1".into()])
    );
}

#[test]
fn a_record_that_no_call_took_is_lost() {
    let refused = delivery("a", 6, ALIAS, "Throttled");
    let all = [
        processed("a", 1),
        processed("b", 2),
        processed("a", 3),
        processed("a", 4),
        processed("b", 5),
        refused,
    ];
    let (passed, lines) = check(&all);
    assert!(!passed);
    assert_eq!(lines[0], "a 4 3 1 0 0 none 0");
}

#[test]
fn a_record_that_was_processed_before_an_earlier_one_is_out_of_order() {
    let order = [("a", 1), ("b", 2), ("a", 4), ("a", 3), ("b", 5), ("a", 6)];
    let (passed, lines) = check(&order.map(|(shard, sequence)| processed(shard, sequence)));
    assert!(!passed);
    assert_eq!(lines[0], "a 4 4 0 2 0 none 0");
}

#[test]
fn without_any_record_there_is_nothing_to_boast_of() {
    assert!(!check(&[]).0);
}
