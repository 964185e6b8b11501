//! Wires the operator together and runs it.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use warmlambda::api::crd_yaml;
use warmlambda::aws::Aws;
use warmlambda::cli::{Artefact, Cli, Command, Run};
use warmlambda::controller::run::Operator;
use warmlambda::metrics::Metrics;
use warmlambda::request::{Request, RequestError};
use warmlambda::telemetry::LogLevel;
use warmlambda::{argocd, check, metrics, monitoring, reference, release, request, server, telemetry};

/// What every fallible part of the wiring returns: it only ends in a line on standard error.
type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let outcome = match Cli::read().command {
        Command::Run(flags) => start(&flags),
        Command::Crd => crd_yaml().map_err(Into::into).map(|yaml| print!("{yaml}")),
        Command::Print { what, name } => print_artefact(what, name.as_deref()),
        Command::Version => {
            println!("warmlambda {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        Command::Check(flags) => return asked(async { Ok(if check::run(&flags).await { 0 } else { 1 }) }),
        Command::Release(flags) => return asked(async { Ok(if release::run(&flags).await? { 0 } else { 2 }) }),
        Command::Reconcile(flags) => return asked(request_code(Request::Reconcile, flags)),
        Command::Suspend(flags) => return asked(request_code(Request::Suspend, flags)),
        Command::Resume(flags) => return asked(request_code(Request::Resume, flags)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("warmlambda: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what a person asked for; 2 is the exit code of what could not be asked, as with `kubectl diff`.
fn asked(command: impl Future<Output = Result<u8, Box<dyn Error>>>) -> ExitCode {
    let ended = runtime().map_err(Into::into).and_then(|runtime| runtime.block_on(command));
    ExitCode::from(ended.unwrap_or_else(|error| {
        eprintln!("warmlambda: {error}");
        2
    }))
}

async fn request_code(what: Request, flags: request::Flags) -> Result<u8, Box<dyn Error>> {
    match request::run(what, &flags).await {
        Ok(()) => Ok(0),
        Err(error @ RequestError::TimedOut(_)) => {
            eprintln!("✗ {error}");
            Ok(1)
        }
        Err(error) => Err(error.into()),
    }
}

/// A call of the SDK takes more than half of the usual 2 MiB when it is not optimised. Pages that are not touched cost nothing.
fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build()
}

fn print_artefact(what: Artefact, name: Option<&str>) -> Outcome {
    if name.is_some() && what != Artefact::Runbook {
        return Err("only a runbook has a name".into());
    }
    let text = match what {
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
    };
    print!("{text}");
    Ok(())
}

fn start(flags: &Run) -> Outcome {
    let runtime = runtime()?;
    let telemetry = telemetry::start(flags.log_format, &flags.log_level, runtime.handle())?;
    runtime.block_on(async {
        let ended = operate(flags, telemetry.level).await;
        if let Some(traces) = telemetry.traces {
            traces.finish().await;
        }
        ended
    })
}

async fn operate(flags: &Run, level: LogLevel) -> Outcome {
    let (stop, stopped) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.send_replace(true);
        // The receivers hear of it as long as the sender lives.
        std::future::pending::<()>().await
    });

    let counts = Arc::new(Metrics::default());
    let cloud = Aws::connect(flags.timing.aws(), counts.clone()).await;
    let config = kube::Config::infer().await?;
    let settings = flags.settings(&config, cloud.default_region())?;
    let operator = Operator::new(cloud, &config, settings, counts, stopped.clone())?;

    let (ready, numbers) = (operator.view(), operator.view());
    let probes = server::probes(move || ready.is_ready());
    let metrics = server::metrics(move || numbers.metrics());
    let (health, scrapes) = (
        TcpListener::bind(flags.health_addr).await?,
        TcpListener::bind(flags.metrics_addr).await?,
    );
    let admin = administered(flags.admin_addr, level).await;
    tracing::info!(health = %health.local_addr()?, metrics = %scrapes.local_addr()?, "listening");
    // The servers answer until the controller has ended, so that a drain can be watched.
    let run = Box::pin(operator.run());
    tokio::select! {
        ended = run => ended.map_err(Into::into),
        failed = server::serve(health, probes) => failed.map_err(Into::into),
        failed = server::serve(scrapes, metrics) => failed.map_err(Into::into),
        () = admin => Ok(()),
    }
}

/// Serves the admin address for ever. Without it the operator works all the same, so it is no reason not to start.
async fn administered(address: SocketAddr, level: LogLevel) -> impl Future<Output = ()> {
    let listener = TcpListener::bind(address).await;
    match listener.as_ref().map(TcpListener::local_addr) {
        Ok(Ok(admin)) => tracing::info!(%admin, "the log level can be changed"),
        Ok(Err(error)) => tracing::warn!(%error, %address, "the log level cannot be changed"),
        Err(error) => tracing::warn!(%error, %address, "the log level cannot be changed"),
    }
    async move {
        if let Ok(listener) = listener
            && let Err(error) = server::serve(listener, server::admin(level)).await
        {
            tracing::warn!(%error, "the log level cannot be changed any more");
        }
        std::future::pending().await
    }
}
