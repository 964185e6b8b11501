//! The command line.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use kube::Config;

use crate::aws;
use crate::check;
use crate::controller::intervals::Intervals;
use crate::controller::leader::Election;
use crate::controller::run::Settings;
use crate::telemetry::Format;
use crate::{release, request};

/// Keeps an AWS Lambda alias, its warm capacity and the traffic that reaches it as one Kubernetes resource says.
#[derive(Debug, Parser)]
#[command(name = "warmlambda", disable_version_flag = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads the command line. Started as a plugin of kubectl the program calls itself as its user did.
    pub fn read() -> Self {
        let plugin = std::env::args_os().next().and_then(|called| plugin_name(Path::new(&called)));
        let command = Self::command();
        let command = match plugin {
            Some(name) => command.bin_name(name),
            None => command,
        };
        Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
    }
}

/// `kubectl warm-lambda` for `/usr/local/bin/kubectl-warm_lambda`: kubectl looks for a file with underscores in place of dashes.
fn plugin_name(called: &Path) -> Option<String> {
    let name = called.file_name()?.to_str()?.strip_prefix("kubectl-")?;
    Some(format!("kubectl {}", name.replace('_', "-")))
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the operator.
    Run(Box<Run>),
    /// Look whether everything is there that the operator needs: CRD, rights, credentials, clock. Changes nothing.
    Check(Box<check::Flags>),
    /// Have the operator look at an endpoint now.
    Reconcile(request::Flags),
    /// Stop all reads and writes of AWS for an endpoint.
    Suspend(request::Flags),
    /// Go on after suspend.
    Resume(request::Flags),
    /// Let endpoints go whose operator is gone: takes their finalizer off and leaves AWS as it is.
    Release(release::Flags),
    /// Print the CustomResourceDefinition as YAML.
    Crd,
    /// Print something that is generated from the program.
    Print {
        /// What to print.
        what: Artefact,
        /// Which one: the name of the alert, for runbook.
        name: Option<String>,
    },
    /// Print the version.
    Version,
}

/// What can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Artefact {
    /// The IAM policy that the operator needs, as JSON.
    IamPolicy,
    /// Every metric, as Markdown.
    Metrics,
    /// Every field of the resource, as Markdown.
    CrdReference,
    /// Every condition and reason, as Markdown.
    Conditions,
    /// What Argo CD has to be told of the resource, as a ConfigMap argocd-cm: health, actions, links.
    Argocd,
    /// The alerts, as a file of rules for Prometheus.
    Alerts,
    /// Every alert and what it says, as Markdown.
    AlertIndex,
    /// When one alert fires, as Markdown.
    Runbook,
    /// The dashboard for Grafana, as JSON.
    Dashboard,
}

/// Flags of `run`; each is an environment variable too. Durations are written like 300s, 5m, 2h or 100ms.
#[derive(Debug, Args)]
pub struct Run {
    /// Region of endpoints that name none. Default: what the AWS SDK finds (AWS_REGION, profile).
    #[arg(long, env = "WARMLAMBDA_DEFAULT_REGION")]
    pub default_region: Option<String>,
    /// Namespaces to watch, separated by commas. Default: all.
    #[arg(long, env = "WARMLAMBDA_WATCH_NAMESPACES", value_delimiter = ',')]
    pub watch_namespaces: Vec<String>,
    /// Passes that may run at once.
    #[arg(long, env = "WARMLAMBDA_MAX_CONCURRENT_RECONCILES", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub max_concurrent_reconciles: u16,
    /// Where /livez and /readyz are served.
    #[arg(long, env = "WARMLAMBDA_HEALTH_ADDR", default_value = "0.0.0.0:8081")]
    pub health_addr: SocketAddr,
    /// Where /metrics is served.
    #[arg(long, env = "WARMLAMBDA_METRICS_ADDR", default_value = "0.0.0.0:8080")]
    pub metrics_addr: SocketAddr,
    /// Where /log-level is served: GET, and PUT to change what is logged while the operator runs. A loopback address, for kubectl
    /// port-forward.
    #[arg(long, env = "WARMLAMBDA_ADMIN_ADDR", default_value = "127.0.0.1:8082", value_parser = loopback)]
    pub admin_addr: SocketAddr,
    /// error, warn, info, debug or trace, or directives as in RUST_LOG, which is the default.
    #[arg(long, env = "RUST_LOG", default_value = "info")]
    pub log_level: String,
    /// How log lines look.
    #[arg(long, env = "WARMLAMBDA_LOG_FORMAT", default_value = "json")]
    pub log_format: Format,
    /// How to stand for election.
    #[command(flatten)]
    pub leader: Leader,
    /// When to look again.
    #[command(flatten)]
    pub timing: Timing,
}

/// How to stand for election.
#[derive(Debug, Args)]
pub struct Leader {
    /// Do not stand for election: this is the only replica, and will be.
    #[arg(long, env = "WARMLAMBDA_NO_LEADER_ELECTION")]
    pub no_leader_election: bool,
    /// Namespace of the Lease. Default: that of the pod, or of the kubeconfig's context.
    #[arg(long, env = "WARMLAMBDA_LEASE_NAMESPACE")]
    pub lease_namespace: Option<String>,
    /// Name of the Lease.
    #[arg(long, env = "WARMLAMBDA_LEASE_NAME", default_value = "warmlambda")]
    pub lease_name: String,
    /// Name of this replica; a random end is added to it. Default: the host's name.
    #[arg(long, env = "WARMLAMBDA_IDENTITY")]
    pub identity: Option<String>,
    /// How long others wait for a leader that is silent.
    #[arg(long, env = "WARMLAMBDA_LEASE_DURATION", default_value = "15s", value_parser = duration)]
    pub lease_duration: Duration,
    /// How long a leader goes on that cannot renew; less than the lease duration.
    #[arg(long, env = "WARMLAMBDA_RENEW_DEADLINE", default_value = "10s", value_parser = duration)]
    pub renew_deadline: Duration,
    /// Between two requests for the Lease; less than the renew deadline.
    #[arg(long, env = "WARMLAMBDA_RETRY_PERIOD", default_value = "2s", value_parser = duration)]
    pub retry_period: Duration,
}

/// When to look again.
#[derive(Debug, Args)]
pub struct Timing {
    /// Between two looks at an endpoint that is as it should be; longer for a large fleet.
    #[arg(long, env = "WARMLAMBDA_RESYNC_INTERVAL", default_value = "5m", value_parser = positive)]
    pub resync_interval: Duration,
    /// First look after a write; then 3 and 6 times as long.
    #[arg(long, env = "WARMLAMBDA_PROGRESS_INTERVAL", default_value = "5s", value_parser = positive)]
    pub progress_interval: Duration,
    /// First retry of a call that failed; doubles up to 5m.
    #[arg(long, env = "WARMLAMBDA_RETRY_BASE", default_value = "1s", value_parser = positive)]
    pub retry_base: Duration,
    /// Longest request to AWS, its answer included. Who takes over from a leader that vanished waits until its last one must have ended.
    #[arg(long, env = "WARMLAMBDA_AWS_REQUEST_TIMEOUT", default_value = "10s", value_parser = positive)]
    pub aws_request_timeout: Duration,
    /// How long a write without an answer may still arrive at AWS; what takes something away waits for so long.
    #[arg(long, env = "WARMLAMBDA_LATE_ARRIVAL_WINDOW", default_value = "6m", value_parser = positive)]
    pub late_arrival_window: Duration,
    /// Between two samples of CloudWatch, which is billed per metric; 0s for none.
    #[arg(long, env = "WARMLAMBDA_METRICS_REFRESH", default_value = "5m", value_parser = duration)]
    pub metrics_refresh: Duration,
    /// Length of the time that a sample of CloudWatch speaks of, in whole minutes.
    #[arg(long, env = "WARMLAMBDA_METRICS_WINDOW", default_value = "10m", value_parser = minutes)]
    pub metrics_window: Duration,
    /// How long warm capacity must have gone unused to be called idle, in whole hours.
    #[arg(long, env = "WARMLAMBDA_IDLE_WINDOW", default_value = "6h", value_parser = hours)]
    pub idle_window: Duration,
    /// The operator's share of AWS's request quotas, above 0 up to 1.
    #[arg(long, env = "WARMLAMBDA_AWS_QUOTA_SHARE", default_value_t = 0.6, value_parser = share)]
    pub aws_quota_share: f64,
}

/// Looks at the last hours within the time after which capacity is idle.
const IDLE_LOOKS: u32 = 6;

impl Timing {
    /// What these flags say about the calls to AWS.
    pub fn aws(&self) -> aws::Settings {
        let usual = aws::Settings::default();
        aws::Settings {
            quota_share: self.aws_quota_share,
            usage_window: self.metrics_window,
            idle_window: self.idle_window,
            request_timeout: self.aws_request_timeout,
            // An endpoint must not be shown at each look what was there some looks ago.
            mappings_kept: usual.mappings_kept.min(self.resync_interval),
            ..usual
        }
    }

    /// The intervals that these flags say.
    pub fn intervals(&self) -> Intervals {
        Intervals {
            resync: self.resync_interval,
            progress: self.progress_interval,
            retry_base: self.retry_base,
            late_arrival: self.late_arrival_window,
            usage: self.metrics_refresh,
            idle: self.idle_window / IDLE_LOOKS,
            quota_share: self.aws_quota_share,
            ..Intervals::default()
        }
    }
}

impl Run {
    /// What these flags and the surroundings say. `found_region` is what the AWS SDK found.
    ///
    /// # Errors
    /// A sentence for the person who set the flags.
    pub fn settings(&self, kubernetes: &Config, found_region: Option<String>) -> Result<Settings, String> {
        let (leader, identity) = (&self.leader, self.leader.identity());
        if let Some(contradiction) = leader.contradiction() {
            return Err(contradiction);
        }
        let election = Election {
            name: leader.lease_name.clone(),
            identity: identity.clone(),
            lease_duration: leader.lease_duration,
            renew_deadline: leader.renew_deadline,
            retry_period: leader.retry_period,
            request_timeout: self.timing.aws_request_timeout,
        };
        Ok(Settings {
            namespaces: self.watch_namespaces.iter().filter(|n| !n.is_empty()).cloned().collect(),
            default_region: self.default_region.clone().or(found_region).filter(|r| !r.is_empty()),
            intervals: self.timing.intervals(),
            concurrency: self.max_concurrent_reconciles,
            election: (!leader.no_leader_election).then_some(election),
            lease_namespace: leader
                .lease_namespace
                .clone()
                .unwrap_or_else(|| kubernetes.default_namespace.clone()),
            instance: identity,
        })
    }
}

impl Leader {
    /// Who we are: never used by two processes, not even by one after a restart.
    fn identity(&self) -> String {
        let host = || {
            std::fs::read_to_string("/proc/sys/kernel/hostname")
                .ok()
                .map(|name| name.trim().to_owned())
        };
        let name = self.identity.clone().or_else(host).unwrap_or_else(|| "warmlambda".into());
        // The standard library's only randomness: the seed of its hash maps.
        format!("{name}_{:016x}", RandomState::new().build_hasher().finish())
    }

    /// What is wrong with the durations together, if anything: a leader must stop before another may begin.
    pub fn contradiction(&self) -> Option<String> {
        let (lease, renew, retry) = (self.lease_duration, self.renew_deadline, self.retry_period);
        if !retry.is_zero() && retry < renew && renew < lease && lease.subsec_nanos() == 0 {
            return None;
        }
        Some(format!(
            "--retry-period {retry:?} < --renew-deadline {renew:?} < --lease-duration {lease:?} must hold, the last in whole seconds"
        ))
    }
}

/// Reads an address that only the pod itself can reach.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| format!("{text:?} is no address: write 127.0.0.1:8082"))?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("must be a loopback address, for instance 127.0.0.1:8082: whoever reaches it may change what is logged".into())
    }
}

/// Reads a duration: digits and one of ms, s, m, h.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration: write 100ms, 15s, 5m or 2h");
    let unit = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(millis).map(Duration::from_millis).ok_or_else(wrong)
}

fn positive(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() {
        Err("must be more than zero".into())
    } else {
        Ok(duration)
    }
}

fn minutes(text: &str) -> Result<Duration, String> {
    whole(text, 60, "a whole number of minutes, for instance 10m")
}

fn hours(text: &str) -> Result<Duration, String> {
    whole(text, 3600, "a whole number of hours, for instance 6h")
}

fn whole(text: &str, unit: u64, what: &str) -> Result<Duration, String> {
    let duration = positive(text)?;
    if duration.subsec_nanos() == 0 && duration.as_secs().is_multiple_of(unit) {
        Ok(duration)
    } else {
        Err(format!("must be {what}"))
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    if share > 0.0 && share <= 1.0 {
        Ok(share)
    } else {
        Err("must be above 0, up to 1".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_plugin_of_kubectl_has_the_name_that_its_users_type() {
        let name = |path: &str| plugin_name(Path::new(path));
        assert_eq!(name("/usr/local/bin/kubectl-warm_lambda").as_deref(), Some("kubectl warm-lambda"));
        assert_eq!(name("warmlambda"), None);
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(duration("300s"), Ok(Duration::from_mins(5)));
        assert_eq!(duration("5m"), Ok(Duration::from_mins(5)));
        assert_eq!(duration("2h"), Ok(Duration::from_hours(2)));
        for wrong in [
            "",
            "5",
            "s",
            "-5s",
            "5 s",
            "5d",
            "1.5s",
            "99999999999999999999h",
            "18446744073709551615h",
        ] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn only_the_pod_itself_reaches_the_admin_address() {
        for right in ["127.0.0.1:0", "[::1]:8082"] {
            assert!(loopback(right).is_ok(), "{right}");
        }
        for wrong in ["0.0.0.0:8082", "10.0.0.1:8082", "[::]:8082", "localhost", "8082"] {
            assert!(loopback(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn windows_are_whole_minutes_or_hours() {
        assert_eq!(
            (minutes("10m"), hours("6h")),
            (Ok(Duration::from_mins(10)), Ok(Duration::from_hours(6)))
        );
        for wrong in ["0m", "90s", "1500ms"] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
        assert!(hours("90m").is_err());
    }

    #[test]
    fn a_share_is_above_nothing_and_at_most_all() {
        assert_eq!(share("1"), Ok(1.0));
        for wrong in ["0", "-0.1", "1.01", "NaN", "inf", "half"] {
            assert!(share(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_leader_must_stop_before_another_may_begin() {
        let run = |flags: &[&str]| -> Leader {
            let flags = ["warmlambda", "run"].iter().chain(flags);
            let Command::Run(run) = Cli::try_parse_from(flags).unwrap().command else {
                panic!("not run")
            };
            run.leader
        };
        assert_eq!(run(&[]).contradiction(), None);
        assert!(run(&["--renew-deadline", "15s"]).contradiction().is_some());
        assert!(run(&["--retry-period", "10s"]).contradiction().is_some());
        assert!(run(&["--retry-period", "0s"]).contradiction().is_some());
        assert!(run(&["--lease-duration", "15500ms"]).contradiction().is_some());
    }
}
