//! What stands behind the proxies: the simulated AWS, and an API server.

use awssim::sim::{Reply, Sim};
use http_body_util::BodyExt;
use hyper::body::Bytes;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use kube::Client;
use kube::client::Body as Stream;

/// A request, read to its end.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query.
    pub target: String,
    /// As they came in.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// An answer.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Without those that speak of the connection.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Body,
}

/// The body of an answer.
pub enum Body {
    /// Read to its end.
    Whole(Bytes),
    /// A watch, which has no end.
    Endless(Stream),
}

impl Request {
    /// A header, when it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The same request as awssim reads it.
    pub fn to_awssim(&self) -> awssim::wire::Request {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        awssim::wire::Request {
            method: self.method.clone(),
            path: path.into(),
            query: query.into(),
            headers: self
                .headers
                .iter()
                .map(|(name, value)| (name.as_str().into(), text(value)))
                .collect(),
            body: self.body.to_vec(),
        }
    }
}

impl Answer {
    /// A whole one.
    pub fn new(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: HeaderMap::from_iter([(hyper::header::CONTENT_TYPE, HeaderValue::from_static(kind))]),
            body: Body::Whole(body.into()),
        }
    }
}

/// Has the simulated AWS carry a request out. `None` when it gives no answer, which only its own faults make it do.
pub async fn aws(sim: &Sim, request: &Request) -> Option<Answer> {
    let Reply::Answer(answer) = sim.handle(request.to_awssim()).await else {
        return None;
    };
    let header = |(name, value): (String, String)| Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?));
    Some(Answer {
        status: answer.status,
        headers: answer.headers.into_iter().filter_map(header).collect(),
        body: Body::Whole(answer.body.into()),
    })
}

/// Has the API server carry a request out, with the rights of whose token it carries. `None` when there is no answer.
pub async fn kubernetes(client: &Client, request: &Request, endless: bool) -> Option<Answer> {
    let mut message = hyper::Request::builder().method(request.method.as_str()).uri(&request.target);
    if let Some(headers) = message.headers_mut() {
        *headers = request.headers.clone();
        headers.remove(HOST);
        headers.remove(CONTENT_LENGTH);
    }
    let message = message.body(Stream::from(request.body.to_vec())).ok()?;
    let (parts, body) = client.send(message).await.ok()?.into_parts();
    let mut headers = parts.headers;
    headers.remove(TRANSFER_ENCODING);
    headers.remove(CONTENT_LENGTH);
    let body = if endless && parts.status.is_success() {
        Body::Endless(body)
    } else {
        Body::Whole(body.collect().await.ok()?.to_bytes())
    };
    Some(Answer {
        status: parts.status.as_u16(),
        headers,
        body,
    })
}
