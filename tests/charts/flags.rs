//! What the chart passes to the program is what the program takes, and nothing that it takes is out of reach.

use std::collections::BTreeSet;

use clap::{CommandFactory, Parser};
use serde_json::Value;
use warmlambda::cli::{Cli, Command, Run};

use crate::helm::{Objects, rendered};
use crate::matrix::renders;

/// Flags that no value names: they are for tests, or for a case that `extraArgs` is enough for.
const BY_EXTRA_ARGS: [&str; 8] = [
    "admin-addr",
    "aws-request-timeout",
    "default-region",
    "identity",
    "late-arrival-window",
    "lease-namespace",
    "progress-interval",
    "retry-base",
];

fn container(objects: &Objects, kind: &str) -> Value {
    let object = objects.the(kind);
    let pod = if kind == "Pod" {
        &object["spec"]
    } else {
        &object["spec"]["template"]["spec"]
    };
    pod["containers"][0].clone()
}

fn arguments(container: &Value) -> Vec<String> {
    let arguments = container["args"].as_array().expect("the container has arguments").iter();
    arguments
        .map(|argument| argument.as_str().expect("an argument is text").to_owned())
        .collect()
}

/// How the program reads the arguments of the Deployment.
fn parsed(objects: &Objects) -> Run {
    let arguments = arguments(&container(objects, "Deployment"));
    let line = std::iter::once("warmlambda".to_owned()).chain(arguments);
    match Cli::try_parse_from(line).unwrap_or_else(|error| panic!("{error}")).command {
        Command::Run(run) => *run,
        other => panic!("the Deployment does not run the operator: {other:?}"),
    }
}

#[test]
fn the_program_takes_the_arguments_of_every_set_of_values() {
    for (name, yaml) in renders() {
        let run = parsed(&Objects::read(yaml));
        assert_eq!(run.leader.contradiction(), None, "{name}");
    }
}

#[test]
fn helm_test_asks_for_what_the_operator_of_the_same_values_needs() {
    for (name, yaml) in renders() {
        let objects = Objects::read(yaml);
        let line = std::iter::once("warmlambda".to_owned()).chain(arguments(&container(&objects, "Pod")));
        let Command::Check(check) = Cli::try_parse_from(line).unwrap_or_else(|error| panic!("{name}: {error}")).command else {
            panic!("{name}: the pod of helm test does not check");
        };
        let run = parsed(&objects);
        assert_eq!(check.watch_namespaces, run.watch_namespaces, "{name}");
        let of_run = (run.leader.lease_name, run.leader.no_leader_election);
        assert_eq!((check.lease_name, check.no_leader_election), of_run, "{name}");
    }
}

#[test]
fn the_values_that_nobody_sets_are_the_programs_own_defaults() {
    let Command::Run(defaults) = Cli::try_parse_from(["warmlambda", "run"]).expect("run needs no flags").command else {
        panic!("not run");
    };
    assert_eq!(format!("{:?}", parsed(&rendered("{}"))), format!("{defaults:?}"));
}

#[test]
fn every_value_reaches_the_program() {
    let run = parsed(&rendered(concat!(
        "settings: {watchNamespaces: [shop, pay], resyncSeconds: 1, maxConcurrentReconciles: 2, awsQuotaShare: 0.5, metricsRefreshSeconds: 3,",
        " metricsWindowMinutes: 4, idleWindowHours: 5, bindAddress: '[::]'}\nmetrics: {port: 9000}\nlog: {level: debug, format: text}\n",
        "leaderElection: {leaseDurationSeconds: 9, renewDeadlineSeconds: 8, retryPeriodSeconds: 7}\nfullnameOverride: team-a\n",
    )));
    let (timing, leader) = (&run.timing, &run.leader);
    let seconds = [
        timing.resync_interval,
        timing.metrics_refresh,
        leader.lease_duration,
        leader.renew_deadline,
        leader.retry_period,
    ];
    assert_eq!(seconds.map(|duration| duration.as_secs()), [1, 3, 9, 8, 7]);
    assert_eq!(
        [timing.metrics_window, timing.idle_window].map(|duration| duration.as_secs()),
        [240, 18_000]
    );
    assert_eq!(
        (run.watch_namespaces.join(" "), run.max_concurrent_reconciles),
        ("shop pay".into(), 2)
    );
    assert_eq!(
        [run.metrics_addr.to_string(), run.health_addr.to_string()],
        ["[::]:9000", "[::]:8081"]
    );
    assert_eq!((run.log_level.as_str(), format!("{:?}", run.log_format)), ("debug", "Text".into()));
    assert_eq!((leader.lease_name.as_str(), leader.no_leader_election), ("team-a", false));
    assert!((timing.aws_quota_share - 0.5).abs() < f64::EPSILON);
    let alone = Objects::read(&renders()["single-replica"]);
    assert!(parsed(&alone).leader.no_leader_election);
    assert_eq!(
        alone.the("Deployment")["spec"]["strategy"]["type"],
        "Recreate",
        "two pods must not write at once"
    );
}

#[test]
fn every_flag_of_the_program_is_in_the_reach_of_a_value() {
    let passed: BTreeSet<_> = [
        "{}",
        "{leaderElection: {enabled: false}, replicaCount: 1}",
        "settings: {watchNamespaces: [shop]}",
    ]
    .iter()
    .flat_map(|values| arguments(&container(&rendered(values), "Deployment")))
    .filter_map(|argument| Some(argument.strip_prefix("--")?.split('=').next()?.to_owned()))
    .collect();
    let reached: BTreeSet<_> = passed.iter().map(String::as_str).chain(BY_EXTRA_ARGS).collect();
    let command = Cli::command();
    let run = command.find_subcommand("run").expect("there is run");
    let flags: BTreeSet<_> = run
        .get_arguments()
        .filter_map(|argument| argument.get_long())
        .filter(|name| *name != "help")
        .collect();
    assert_eq!(reached, flags, "a flag needs a value, or a place in BY_EXTRA_ARGS");
    assert!(passed.iter().all(|flag| !BY_EXTRA_ARGS.contains(&flag.as_str())));
}

#[test]
fn the_sdk_and_opentelemetry_find_their_settings_in_the_environment_of_both_pods() {
    let objects = Objects::read(&renders()["everything"]);
    for kind in ["Deployment", "Pod"] {
        let container = container(&objects, kind);
        let value = |name: &str| {
            let variables = container["env"].as_array().expect("it has an environment").iter();
            let found: Vec<_> = variables.filter(|variable| variable["name"] == name).collect();
            assert_eq!(found.len(), 1, "{kind}: {name}");
            found[0]["value"].as_str().unwrap_or_default().to_owned()
        };
        assert_eq!(
            [value("AWS_REGION"), value("AWS_USE_FIPS_ENDPOINT")],
            ["eu-west-1", "true"],
            "{kind}"
        );
        assert_eq!(value("AWS_ENDPOINT_URL"), "http://awssim.default:4566", "{kind}");
        assert_eq!(
            value("OTEL_EXPORTER_OTLP_ENDPOINT"),
            "http://otel-collector.observability:4318",
            "{kind}"
        );
        assert_eq!(value("HTTPS_PROXY"), "http://proxy.example.com:3128", "{kind}");
    }
    assert_eq!(
        container(&rendered("{}"), "Deployment")["env"],
        Value::Null,
        "nothing is set that nobody asked for"
    );
}

#[test]
fn the_image_is_named_by_registry_and_tag_or_by_digest() {
    let image = |values: &str| {
        container(&rendered(values), "Deployment")["image"]
            .as_str()
            .expect("it has an image")
            .to_owned()
    };
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(image("{}"), format!("warmlambda/warmlambda:{version}"));
    assert_eq!(
        image("image: {registry: r.example.com:5000, tag: v9}"),
        "r.example.com:5000/warmlambda/warmlambda:v9"
    );
    let digest = "sha256:".to_owned() + &"0f".repeat(32);
    assert_eq!(
        image(&format!("image: {{registry: r, tag: v9, digest: \"{digest}\"}}")),
        format!("r/warmlambda/warmlambda@{digest}")
    );
}
