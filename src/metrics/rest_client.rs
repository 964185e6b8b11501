//! Counts the requests to the Kubernetes API under client-go's name.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::http::{Method, Request, Response, StatusCode};
use kube::Config;
use kube::client::Body;
use tower::{Layer, Service};

use super::Metrics;

/// Wraps the service of a client.
#[derive(Clone, Debug)]
pub struct CountRequests {
    metrics: Arc<Metrics>,
    /// Whom the client talks to: requests name no host before the client has added it.
    host: Arc<str>,
}

impl CountRequests {
    /// Counts for a client with this configuration.
    pub fn new(metrics: Arc<Metrics>, config: &Config) -> Self {
        let host = config.cluster_url.authority().map(ToString::to_string).unwrap_or_default();
        Self {
            metrics,
            host: host.into(),
        }
    }
}

/// A client's service that counts.
#[derive(Clone, Debug)]
pub struct Counted<S> {
    inner: S,
    count: CountRequests,
}

impl<S> Layer<S> for CountRequests {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted {
            inner,
            count: self.clone(),
        }
    }
}

impl<S, B> Service<Request<Body>> for Counted<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut sent = Sent {
            count: self.count.clone(),
            method: request.method().clone(),
            code: None,
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            sent.ended(answer.as_ref().ok().map(Response::status));
            answer
        })
    }
}

/// A request that was sent; counted when it ends, also when nobody waits for its answer any more.
struct Sent {
    count: CountRequests,
    method: Method,
    code: Option<StatusCode>,
}

impl Sent {
    fn ended(&mut self, code: Option<StatusCode>) {
        self.code = code;
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let code = self.code.as_ref().map_or("<error>", StatusCode::as_str);
        let CountRequests { metrics, host } = &self.count;
        metrics.kubernetes_request(code, self.method.as_str(), host);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Uri;
    use kube::Client;
    use kube::client::ClientBuilder;
    use tower::{BoxError, service_fn};

    /// A client whose requests all end in this way.
    fn client(metrics: &Arc<Metrics>, answer: impl Fn() -> Result<u16, BoxError> + Clone + Send + Sync + 'static) -> Client {
        let config = Config::new(Uri::from_static("https://10.96.0.1:443"));
        let service = service_fn(move |_: Request<Body>| {
            let answer = answer();
            async move { answer.map(|code| Response::builder().status(code).body(Body::empty()).unwrap()) }
        });
        let counted = CountRequests::new(Arc::clone(metrics), &config);
        ClientBuilder::new(service, "default").with_layer(&counted).build()
    }

    async fn get(client: &Client) {
        let _ = client.send(Request::get("/api").body(Body::empty()).unwrap()).await;
    }

    #[tokio::test]
    async fn requests_are_counted_by_their_outcome_and_host() {
        let metrics = Arc::default();
        let (refusing, silent) = (client(&metrics, || Ok(409)), client(&metrics, || Err("no route".into())));
        get(&refusing).await;
        get(&refusing).await;
        get(&silent).await;
        let text = metrics.text(&[]);
        for line in [
            r#"rest_client_requests_total{code="409",method="GET",host="10.96.0.1:443"} 2"#,
            r#"rest_client_requests_total{code="<error>",method="GET",host="10.96.0.1:443"} 1"#,
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }
}
