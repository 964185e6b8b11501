//! The two small web servers: probes, and metrics.

use std::io;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use tokio::net::TcpListener;

/// `/livez`: the process answers. `/readyz`: `ready` says so.
pub fn probes(ready: impl Fn() -> bool + Clone + Send + Sync + 'static) -> Router {
    let readyz = move || {
        let ready = ready();
        async move {
            if ready {
                (StatusCode::OK, "ok\n")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, "the WarmLambdaEndpoints are not listed yet\n")
            }
        }
    };
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
}

/// `/metrics` with the text that `render` makes.
pub fn metrics(render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    let answer = move || {
        let text = render();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text) }
    };
    Router::new().route("/metrics", get(answer))
}

/// Serves for ever.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, router: Router) -> io::Result<()> {
    axum::serve(listener, router).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    async fn ask(router: Router, path: &str) -> (StatusCode, String, String) {
        let answer = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_process_that_is_not_ready_is_alive() {
        assert_eq!(ask(probes(|| false), "/livez").await.0, StatusCode::OK);
        assert_eq!(ask(probes(|| false), "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(ask(probes(|| true), "/readyz").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn metrics_are_served_in_the_text_format_of_prometheus() {
        let (status, kind, body) = ask(metrics(|| "x 1\n".into()), "/metrics").await;
        assert_eq!(
            (status, kind.as_str(), body.as_str()),
            (StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", "x 1\n")
        );
    }
}
