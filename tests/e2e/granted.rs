//! Afterwards: what the chart grants is what the operators of a whole run were seen to need.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::harness::audit::{REFUSED, Request, requests};
use crate::harness::chart::{Grant, Release, Scope};
use crate::harness::control_plane::audit_logs;

/// Flags of libtest that change nothing about which tests run.
const HARMLESS: [&str; 5] = ["--nocapture", "--show-output", "--quiet", "-q", "--test-threads="];

/// Stands for the namespace of a scenario.
const ANY: &str = "any-namespace";

/// What `warmlambda check` tries where a Lease is not found by its name. A person may be allowed to; the operator is not, and goes on.
const LOOKED_FOR: &str = "list leases.coordination.k8s.io";

/// Whether it has the rights of its scenario, all the time. The operator of a release that a test uninstalls loses them first.
fn is_of_a_scenario(request: &Request, account: &str) -> bool {
    !request.operator.starts_with(REFUSED) && request.account == account.replace(ANY, &request.operator)
}

/// The logs of the latest run and the arguments that it had.
fn latest_run() -> (String, String) {
    let paths = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let begun = |run: &PathBuf| std::fs::metadata(run.join("arguments")).and_then(|data| data.modified()).ok();
    let latest = paths(audit_logs()).filter(|run| begun(run).is_some()).max_by_key(begun);
    let latest = latest.expect("no audit log to judge: run `cargo test --test e2e` before");
    let read = |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let logs = paths(latest.clone()).filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    (logs.map(read).collect(), read(latest.join("arguments")))
}

#[test]
#[ignore = "judges the run before: cargo test --test e2e && cargo test --test e2e granted -- --ignored"]
fn nothing_is_granted_that_no_test_needs_and_nothing_is_needed_that_is_not_granted() {
    let (log, arguments) = latest_run();
    let mut refused: BTreeMap<Grant, String> = BTreeMap::new();
    let mut used = BTreeSet::new();
    let chart = Release::of(Scope::Cluster, ANY, ANY);
    for request in requests(&log).filter(|request| is_of_a_scenario(request, chart.service_account())) {
        if request.allowed {
            used.insert(request.needed);
        } else if request.needed.to_string() != LOOKED_FOR {
            refused.insert(request.needed, request.operator);
        }
    }
    assert!(
        refused.is_empty(),
        "an operator asked for what the chart does not grant: {refused:#?}"
    );
    if let Some(argument) = arguments
        .split_whitespace()
        .find(|argument| !HARMLESS.iter().any(|harmless| argument.starts_with(harmless)))
    {
        eprintln!("the run before was one of some tests only ({argument}): it cannot be said what none of them needs");
        return;
    }
    let unused: Vec<_> = chart.grants().into_iter().filter(|grant| !used.contains(grant)).collect();
    assert!(unused.is_empty(), "no test needs what the chart grants: {unused:#?}");
}
