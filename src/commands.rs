//! Every command of the program, and the code that it ends with: the operator, what is generated, and what a person asks of a cluster.

use std::error::Error;
use std::future::Future;
use std::process::ExitCode;

use tokio::runtime::Runtime;
use warmlambda::api::crd_yaml;
use warmlambda::cli::{Artefact, Command, Run};
use warmlambda::request::{Request, RequestError};
use warmlambda::{argocd, check, metrics, monitoring, reference, release, request};

/// What a command comes to; what went wrong only ends in a line on standard error.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// Makes what a command runs on.
type MakeRuntime = fn() -> std::io::Result<Runtime>;

/// Does what a command says; `operate` runs the operator until it is told to stop.
pub fn answer(command: Command, operate: fn(&Run) -> Outcome<()>, runtime: MakeRuntime) -> ExitCode {
    let printed = match command {
        Command::Run(flags) => operate(&flags).map(|()| String::new()),
        Command::Crd => crd_yaml().map_err(Into::into),
        Command::Print { what, name } => artefact(what, name.as_deref()),
        Command::Version => Ok(format!("warmlambda {}\n", env!("CARGO_PKG_VERSION"))),
        Command::Check(flags) => return asked(runtime, async { Ok(if check::run(&flags).await { 0 } else { 1 }) }),
        Command::Release(flags) => return asked(runtime, async { Ok(if release::run(&flags).await? { 0 } else { 2 }) }),
        Command::Reconcile(flags) => return asked(runtime, requested(Request::Reconcile, flags)),
        Command::Suspend(flags) => return asked(runtime, requested(Request::Suspend, flags)),
        Command::Resume(flags) => return asked(runtime, requested(Request::Resume, flags)),
    };
    match printed {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("warmlambda: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what a person asked for; 2 is the exit code of what could not be asked, as with `kubectl diff`.
fn asked(runtime: MakeRuntime, command: impl Future<Output = Outcome<u8>>) -> ExitCode {
    let ended = runtime().map_err(Into::into).and_then(|runtime| runtime.block_on(command));
    ExitCode::from(ended.unwrap_or_else(|error| {
        eprintln!("warmlambda: {error}");
        2
    }))
}

async fn requested(what: Request, flags: request::Flags) -> Outcome<u8> {
    match request::run(what, &flags).await {
        Ok(()) => Ok(0),
        Err(error @ RequestError::TimedOut(_)) => {
            eprintln!("✗ {error}");
            Ok(1)
        }
        Err(error) => Err(error.into()),
    }
}

fn artefact(what: Artefact, name: Option<&str>) -> Outcome<String> {
    if name.is_some() && what != Artefact::Runbook {
        return Err("only a runbook has a name".into());
    }
    Ok(match what {
        Artefact::IamPolicy => reference::iam_policy()?,
        Artefact::Metrics => metrics::markdown(),
        Artefact::CrdReference => reference::crd(),
        Artefact::Conditions => reference::conditions(),
        Artefact::Argocd => argocd::config_map(),
        Artefact::Alerts => monitoring::alerts()?,
        Artefact::Dashboard => monitoring::dashboard()?,
        Artefact::AlertIndex => monitoring::runbook_index(&monitoring::groups()),
        Artefact::Runbook => {
            let name = name.ok_or("of which alert? warmlambda print runbook ALERT")?;
            monitoring::runbook_head(&monitoring::groups(), name).ok_or_else(|| format!("there is no alert {name}"))?
        }
    })
}
