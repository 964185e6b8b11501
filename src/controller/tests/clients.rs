//! The clients of the API server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Config};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::controller::run::Clients;
use crate::metrics::Metrics;

#[tokio::test]
async fn no_client_repeats_a_request_by_itself() {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    let busy = Router::new().fallback(move || {
        count.fetch_add(1, Ordering::Relaxed);
        async { (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")], "busy") }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, busy).await });
    let clients = Clients::of(&Config::new(url.parse().unwrap()), &Arc::new(Metrics::default())).unwrap();
    for client in [clients.writes, clients.watch, clients.lease] {
        requests.store(0, Ordering::Relaxed);
        let leases = Api::<Lease>::namespaced(client, "shop");
        // A client that repeats it goes on for minutes.
        let answer = timeout(Duration::from_secs(10), leases.get("lease")).await;
        assert!(answer.is_ok_and(|lease| lease.is_err()));
        assert_eq!(requests.load(Ordering::Relaxed), 1);
    }
}
