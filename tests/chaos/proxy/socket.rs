//! The sockets of a process: HTTP/1.1, whose connections can end in the middle of anything.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::CONTENT_LENGTH;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::deliver::{Reply, deliver};
use super::ledger::Side;
use super::upstream::{Answer, Body, Request};
use super::{Network, Process};

type Bytewise = UnsyncBoxBody<Bytes, io::Error>;

/// Serves one port of a process until `closed` has no sender any more.
pub async fn serve(listener: TcpListener, network: Network, process: Arc<Process>, side: Side, mut closed: watch::Receiver<()>) {
    loop {
        let accepted = tokio::select! {
            _ = closed.changed() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let (network, process, closed) = (network.clone(), Arc::clone(&process), closed.clone());
        tokio::spawn(connection(stream, network, process, side, closed));
    }
}

async fn connection(stream: TcpStream, network: Network, process: Arc<Process>, side: Side, mut closed: watch::Receiver<()>) {
    // Answers are small and awaited: Nagle's algorithm would hold some of them for 40 ms.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let (network, process) = (network.clone(), Arc::clone(&process));
        async move { answer(request, &network, process, side).await }
    });
    tokio::select! {
        // An error is how a connection ends whose answer is to get lost, and how it ends when its process was killed.
        _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service) => {}
        _ = closed.changed() => {}
    }
}

async fn answer(
    request: hyper::Request<Incoming>,
    network: &Network,
    process: Arc<Process>,
    side: Side,
) -> io::Result<hyper::Response<Bytewise>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let request = Request {
        method: parts.method.as_str().into(),
        target: parts.uri.path_and_query().map_or("/", |target| target.as_str()).into(),
        headers: parts.headers,
        body,
    };
    match deliver(network, process, side, request).await {
        Reply::Answer(answer) => Ok(http(answer)),
        Reply::Truncated(answer) => Ok(truncated(answer)),
        Reply::Reset => Err(io::ErrorKind::ConnectionReset.into()),
        Reply::Never => std::future::pending().await,
    }
}

fn http(answer: Answer) -> hyper::Response<Bytewise> {
    let body = match answer.body {
        Body::Whole(bytes) => Full::new(bytes).map_err(never).boxed_unsync(),
        Body::Endless(stream) => stream.map_err(io::Error::other).boxed_unsync(),
    };
    let mut message = hyper::Response::new(body);
    *message.status_mut() = answer.status.try_into().expect("an HTTP status");
    *message.headers_mut() = answer.headers;
    message
}

fn never(error: Infallible) -> io::Error {
    match error {}
}

/// Head and half of the body; the head promises the whole.
fn truncated(answer: Answer) -> hyper::Response<Bytewise> {
    let Body::Whole(bytes) = &answer.body else { return http(answer) };
    let (length, half) = (bytes.len(), bytes.slice(..bytes.len() / 2));
    let frames = [Ok(Frame::data(half)), Err(io::ErrorKind::ConnectionReset.into())];
    let mut message = http(answer);
    message.headers_mut().insert(CONTENT_LENGTH, length.into());
    *message.body_mut() = StreamBody::new(futures::stream::iter(frames)).boxed_unsync();
    message
}
