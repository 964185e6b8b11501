//! Wires the operator together and runs it.

mod commands;

use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use warmlambda::aws::Aws;
use warmlambda::cli::{Cli, Run};
use warmlambda::controller::run::Operator;
use warmlambda::metrics::Metrics;
use warmlambda::telemetry::LogLevel;
use warmlambda::{server, telemetry};

use commands::Outcome;

fn main() -> ExitCode {
    commands::answer(Cli::read().command, start, runtime)
}

/// A call of the SDK takes more than half of the usual 2 MiB when it is not optimised. Pages that are not touched cost nothing.
fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build()
}

fn start(flags: &Run) -> Outcome<()> {
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

async fn operate(flags: &Run, level: LogLevel) -> Outcome<()> {
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
    let admin = server::administered(flags.admin_addr, level).await;
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
