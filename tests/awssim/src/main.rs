//! `awssim --listen ADDR [--world FILE] [--clock real|scaled:N|manual]`.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use awssim::sim::{Clock, Sim, quota};
use awssim::world::World;
use awssim::{control, server};
use clap::Parser;
use thiserror::Error;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// AWS as the operator sees it: Lambda, API Gateway, CloudWatch, STS and Application Auto Scaling on one port.
#[derive(Debug, Parser)]
#[command(name = "awssim", version)]
struct Arguments {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:4599")]
    listen: String,
    /// World to begin with, YAML or JSON
    #[arg(long)]
    world: Option<PathBuf>,
    /// real, scaled:N (N simulated seconds a second), manual or manual:2026-01-01T00:00:00Z
    #[arg(long, default_value = "real")]
    clock: Clock,
    /// Request quotas as a multiple of AWS's; 0 switches them off
    #[arg(long, default_value_t = 1.0)]
    quotas: f64,
    /// What is logged, in the syntax of RUST_LOG; warn leaves out the line per request
    #[arg(long, env = "AWSSIM_LOG", default_value = "info")]
    log: String,
}

#[derive(Debug, Error)]
enum Failure {
    #[error("--world {}: {reason}", path.display())]
    World { path: PathBuf, reason: String },
    #[error("--quotas must be a number from 0 on")]
    Quotas,
    #[error("--log: {0}")]
    Log(String),
    #[error("cannot listen on {address}: {source}{}", hint(source))]
    Listen { address: String, source: io::Error },
    #[error("the server stopped: {0}")]
    Serve(io::Error),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another process has the port: stop it, or choose another with --listen (port 0 takes a free one)",
        io::ErrorKind::PermissionDenied => "; ports below 1024 need privileges",
        _ => "",
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("awssim: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&arguments.log).map_err(|error| Failure::Log(error.to_string()))?;
    let in_colour = io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(in_colour)
        .with_writer(io::stderr)
        .init();
    let world = arguments.world.map_or_else(|| Ok(World::default()), load)?;
    let sim = Sim::new(world, arguments.clock);
    sim.set_quotas(quotas(arguments.quotas)?);
    let listen = |source| Failure::Listen {
        address: arguments.listen.clone(),
        source,
    };
    let listener = TcpListener::bind(&arguments.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    println!(
        "awssim listens on http://{address}, control under http://{address}{}",
        control::PREFIX
    );
    tokio::select! {
        served = server::serve(listener, sim, std::future::pending()) => served.map_err(Failure::Serve),
        () = asked_to_stop() => Ok(()),
    }
}

fn load(path: PathBuf) -> Result<World, Failure> {
    let world = std::fs::read_to_string(&path)
        .map_err(|error| error.to_string())
        .and_then(|text| control::world_of(&text));
    world.map_err(|reason| Failure::World { path, reason })
}

fn quotas(scale: f64) -> Result<quota::Settings, Failure> {
    if !(scale >= 0.0 && scale.is_finite()) {
        return Err(Failure::Quotas);
    }
    let enabled = scale > 0.0;
    Ok(quota::Settings {
        enabled,
        scale: if enabled { scale } else { 1.0 },
    })
}

/// Ctrl-C or, as container runtimes ask, SIGTERM.
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
