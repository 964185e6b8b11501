//! The socket: AWS and the control plane on one port.

mod socket;

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, request::Parts};
use axum::response::Response as HttpResponse;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::control;
use crate::sim::{Reply, Sim};
use crate::wire::{Request, Response};
use socket::{Cut, CuttableListener};

/// Lambda takes 6 MiB and a world file may be larger; nobody sends more.
const LARGEST_BODY: usize = 64 << 20;

/// A server in this process; it stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What it serves.
    pub sim: Sim,
    /// Its end is what tells the server to stop.
    _running: oneshot::Sender<()>,
}

impl Server {
    /// Listens on an address such as `127.0.0.1:0` and serves in the background.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(address: &str, sim: Sim) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let addr = listener.local_addr()?;
        let served = sim.clone();
        let (running, stopped) = oneshot::channel::<()>();
        let stopped = async move {
            // An error is what a dropped sender gives, and just as good.
            let _ = stopped.await;
        };
        tokio::spawn(async move {
            if let Err(error) = serve(listener, served, stopped).await {
                tracing::error!(%error, "the simulated AWS stopped");
            }
        });
        Ok(Self {
            addr,
            sim,
            _running: running,
        })
    }

    /// The endpoint URL for an SDK.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

/// Serves a simulation until `stopped` is ready and the requests under way are answered.
///
/// # Errors
/// When the socket fails.
pub async fn serve(listener: TcpListener, sim: Sim, stopped: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let router = Router::new().fallback(answer).with_state(sim);
    let service = router.into_make_service_with_connect_info::<Cut>();
    axum::serve(CuttableListener(listener), service)
        .with_graceful_shutdown(stopped)
        .await
}

async fn answer(State(sim): State<Sim>, ConnectInfo(cut): ConnectInfo<Cut>, request: axum::extract::Request) -> HttpResponse {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return http(Response::bytes(
            413,
            "text/plain",
            b"The body could not be read or is too large.".to_vec(),
        ));
    };
    let request = request_of(&parts, body.to_vec());
    if request.path.starts_with(control::PREFIX) {
        return http(control::answer(&sim, &request));
    }
    match sim.handle(request).await {
        Reply::Answer(response) => http(response),
        Reply::Hang => std::future::pending().await,
        Reply::Close => {
            cut.before_the_head();
            http(Response::empty(500))
        }
        Reply::Truncate(response) => {
            cut.in_the_body(response.body.len() / 2);
            http(response)
        }
    }
}

fn request_of(parts: &Parts, body: Vec<u8>) -> Request {
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body,
    }
}

fn http(response: Response) -> HttpResponse {
    let mut answer = HttpResponse::new(Body::from(response.body));
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}
