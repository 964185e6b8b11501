//! `warmlambda check`: whether everything is there that the operator needs. It only reads, in Kubernetes and in AWS.
//!
//! It judges the identity that it runs with: in the pod of `helm test` that is the operator's own, at a terminal that of the person,
//! or with `--as` whose right is doubted.

mod cloud;
mod crd;
mod kubernetes;
mod leader;
mod report;
mod rights;
mod schema;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use clap::{Args, ValueEnum};
use futures::join;
use kube::{Client, Config};
use tokio::time::{Instant, sleep};

use crate::cluster::Access;
use report::{Category, Check, Report};

pub use rights::{RIGHTS, Right, Scope};

/// Between two looks with `--wait`.
const POLL: Duration = Duration::from_secs(1);

/// Flags of `check`. Those that say how the operator runs have the names and the environment variables that `run` has.
#[derive(Debug, Args)]
pub struct Flags {
    /// Before an installation: whether the cluster is new enough and you may install. Nothing that an installation brings is asked for.
    #[arg(long)]
    pub pre: bool,
    /// How long to look again and again while something is wrong, for instance 1m.
    #[arg(long, default_value = "0s", value_parser = crate::cli::duration)]
    pub wait: Duration,
    /// For people or for programs.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
    /// When to use colours; NO_COLOR and CLICOLOR_FORCE are respected.
    #[arg(long, value_enum, default_value_t)]
    pub color: Color,
    /// Region of endpoints that name none. Default: what the AWS SDK finds (AWS_REGION, profile).
    #[arg(long, env = "WARMLAMBDA_DEFAULT_REGION")]
    pub default_region: Option<String>,
    /// Namespaces that the operator watches, separated by commas. Default: all.
    #[arg(long, env = "WARMLAMBDA_WATCH_NAMESPACES", value_delimiter = ',')]
    pub watch_namespaces: Vec<String>,
    /// The operator is the only replica and stands for no election.
    #[arg(long, env = "WARMLAMBDA_NO_LEADER_ELECTION")]
    pub no_leader_election: bool,
    /// Namespace of the operator's Lease. Default: that of --namespace, the pod or the context.
    #[arg(long, env = "WARMLAMBDA_LEASE_NAMESPACE")]
    pub lease_namespace: Option<String>,
    /// Name of the operator's Lease.
    #[arg(long, env = "WARMLAMBDA_LEASE_NAME", default_value = "warmlambda")]
    pub lease_name: String,
    /// The cluster.
    #[command(flatten)]
    pub access: Access,
}

/// For whom the output is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs; `schemaVersion` is raised when a member changes its meaning or goes.
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// At a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    fn is_on(self) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
            Self::Auto => set("CLICOLOR_FORCE") || std::io::stdout().is_terminal(),
        }
    }
}

/// Looks, waits as long as it was told to, and prints what it found. Whether the operator can work.
pub async fn run(flags: &Flags) -> bool {
    let deadline = Instant::now() + flags.wait;
    let mut said = None;
    let report = loop {
        let report = look(flags).await;
        let cause = report.root_cause();
        if cause.is_none() || Instant::now() + POLL > deadline {
            break report;
        }
        if cause != said {
            eprintln!("◎ waiting: {}", cause.as_deref().unwrap_or_default());
            said = cause;
        }
        sleep(POLL).await;
    };
    let text = match flags.output {
        Output::Text => report.text(flags.color.is_on()),
        Output::Json => format!("{:#}\n", report.json()),
    };
    // Who reads only the beginning has seen enough; the exit code says the rest.
    let _ = std::io::stdout().write_all(text.as_bytes());
    report.success()
}

/// One look at everything. What rests on something that is missing is not looked at: it would only hide the cause.
async fn look(flags: &Flags) -> Report {
    let (mut found, aws) = join!(look_at_kubernetes(flags), cloud::look(flags.default_region.as_deref(), flags.pre));
    found.push(aws);
    Report(found)
}

async fn look_at_kubernetes(flags: &Flags) -> Vec<Category> {
    let (config, client) = match connect(flags).await {
        Ok(connected) => connected,
        Err(check) => return vec![category("kubernetes-api", vec![check])],
    };
    let api = category("kubernetes-api", kubernetes::look(&client).await);
    if api.checks.len() == 1 {
        return vec![api];
    }
    let home = flags.lease_namespace.as_ref().unwrap_or(&config.default_namespace);
    let watched: Vec<_> = flags.watch_namespaces.iter().filter(|n| !n.is_empty()).cloned().collect();
    if flags.pre {
        let (served, rights) = join!(crd::before(&client), rights::to_install(&client, home, &watched));
        return vec![api, category("warmlambda-crd", served), category("rights-to-install", rights)];
    }
    let election = !flags.no_leader_election;
    let (served, rights, leader) = join!(
        crd::look(&client),
        rights::to_operate(&client, home, &watched, election.then_some(&flags.lease_name)),
        leader::look(&client, home, election.then_some(&flags.lease_name)),
    );
    let found = [
        ("warmlambda-crd", served),
        ("warmlambda-rights", rights),
        ("warmlambda-operator", leader),
    ];
    let looked_at = found.into_iter().filter(|(_, checks)| !checks.is_empty());
    [api]
        .into_iter()
        .chain(looked_at.map(|(name, checks)| category(name, checks)))
        .collect()
}

async fn connect(flags: &Flags) -> Result<(Config, Client), Check> {
    let failed = |error: String| {
        Check::error(
            "there is a way to a cluster",
            error,
            "name a kubeconfig and a context with --kubeconfig and --context, or run this in a pod",
        )
    };
    let config = flags.access.config().await.map_err(|error| failed(error.to_string()))?;
    let client = Client::try_from(config.clone()).map_err(|error| failed(error.to_string()))?;
    Ok((config, client))
}

fn category(name: &'static str, checks: Vec<Check>) -> Category {
    Category { name, checks }
}
