//! The three small web servers: probes, metrics, and what only somebody in the pod may change.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::cli::duration;
use crate::telemetry::LogLevel;

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

/// `/log-level`: GET answers what is logged, PUT changes it to the directives in the body; `?for=10m` only for that long.
pub fn admin(level: LogLevel) -> Router {
    let shown = level.clone();
    let show = move || {
        let text = format!("{}\n", shown.get());
        async move { text }
    };
    let change = move |uri: Uri, body: String| {
        let answer = change_level(&level, uri.query(), body.trim());
        async move { answer.map_err(|wrong| (StatusCode::BAD_REQUEST, format!("{wrong}\n"))) }
    };
    Router::new().route("/log-level", get(show).put(change))
}

fn change_level(level: &LogLevel, query: Option<&str>, directives: &str) -> Result<String, String> {
    let lasting = match query.unwrap_or_default().split_once('=') {
        Some(("for", time)) => Some(duration(time)?),
        None if query.is_none_or(str::is_empty) => None,
        _ => return Err("the one parameter is for, a time: /log-level?for=10m".into()),
    };
    level.set(directives, lasting).map_err(|error| error.to_string())?;
    tracing::warn!(directives, lasting = ?lasting, "the log level was changed");
    Ok(format!("{}\n", level.get()))
}

/// Serves for ever.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, router: Router) -> io::Result<()> {
    axum::serve(listener, router).await
}

/// Serves the admin address for ever. Without it the operator works all the same, so it is no reason not to start.
pub async fn administered(address: SocketAddr, level: LogLevel) -> impl Future<Output = ()> {
    let listener = TcpListener::bind(address).await;
    match listener.as_ref().map(TcpListener::local_addr) {
        Ok(Ok(address)) => tracing::info!(admin = %address, "the log level can be changed"),
        Ok(Err(error)) => tracing::warn!(%error, %address, "the log level cannot be changed"),
        Err(error) => tracing::warn!(%error, %address, "the log level cannot be changed"),
    }
    async move {
        if let Ok(listener) = listener
            && let Err(error) = serve(listener, admin(level)).await
        {
            tracing::warn!(%error, "the log level cannot be changed any more");
        }
        std::future::pending().await
    }
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
    async fn the_log_level_is_shown_and_changed() {
        let (level, _filter) = LogLevel::new("info").unwrap();
        let put = async |path: &str, body: &str| {
            let request = Request::put(path).body(Body::from(body.to_owned())).unwrap();
            let answer = admin(level.clone()).oneshot(request).await.unwrap();
            let status = answer.status();
            let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
            (status, String::from_utf8(body.to_vec()).unwrap())
        };
        assert_eq!(ask(admin(level.clone()), "/log-level").await.2, "info\n");
        assert_eq!(put("/log-level", "debug\n").await, (StatusCode::OK, "debug\n".into()));
        assert_eq!(put("/log-level?for=10m", "trace").await, (StatusCode::OK, "trace\n".into()));
        for (path, body, remedy) in [
            ("/log-level", "loud", "write off, error, warn, info, debug or trace"),
            ("/log-level?for=ever", "info", "write 100ms, 15s, 5m or 2h"),
            ("/log-level?until=10m", "info", "/log-level?for=10m"),
        ] {
            let (status, said) = put(path, body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {body}");
            assert!(said.contains(remedy), "{said}");
        }
        assert_eq!(
            ask(admin(level.clone()), "/log-level").await.2,
            "trace\n",
            "nothing wrong was taken"
        );
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
