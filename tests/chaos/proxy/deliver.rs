//! One call on its way: there, and back to its sender, or not.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::fault::{Fault, Loss, Moment, Refusal, Sender};
use super::ledger::{Call, Side};
use super::upstream::{Answer, Body, Request, aws, kubernetes};
use super::{Network, Process};

/// How long a process lives on at most that is killed after an answer: it has read it then, and its next call kills it earlier.
const AFTER_ANSWER: Duration = Duration::from_millis(20);

/// What the sender gets.
pub enum Reply {
    /// An answer.
    Answer(Answer),
    /// The head and half of the body.
    Truncated(Answer),
    /// The end of the connection.
    Reset,
    /// Nothing.
    Never,
}

/// Carries a call there as its fault says. In a task of its own: what is under way arrives even when its sender dies.
pub async fn deliver(network: &Network, process: Arc<Process>, side: Side, request: Request) -> Reply {
    if process.is_doomed() {
        process.kill().await;
        return Reply::Never;
    }
    let (call, fault) = network.note(&process, side, &request);
    network.0.witness.received(&call, &request);
    let journey = Journey {
        network: network.clone(),
        process,
        call,
        request,
    };
    let on_its_way = tokio::spawn(async move { journey.take(fault).await });
    on_its_way.await.unwrap_or(Reply::Reset)
}

struct Journey {
    network: Network,
    process: Arc<Process>,
    call: Call,
    request: Request,
}

impl Journey {
    async fn take(self, fault: Option<Fault>) -> Reply {
        match fault {
            None => self.answered(self.arrive().await),
            Some(Fault::Kill(Moment::BeforeRequest)) => {
                self.process.kill().await;
                Reply::Never
            }
            Some(Fault::Kill(Moment::AfterApply)) => {
                let _lost = self.arrive().await;
                self.process.kill().await;
                Reply::Never
            }
            Some(Fault::Kill(Moment::AfterAnswer)) => {
                let answer = self.arrive().await;
                self.process.doom();
                let process = Arc::clone(&self.process);
                tokio::spawn(async move {
                    sleep(AFTER_ANSWER).await;
                    process.kill().await;
                });
                self.answered(answer)
            }
            Some(Fault::Lose(loss)) => lost(self.arrive().await, loss),
            Some(Fault::Late(after, sender)) => self.late(after, sender).await,
            Some(Fault::Twice) => {
                let _first = self.arrive().await;
                self.network.0.witness.arrives_unexpectedly(&self.call);
                self.answered(self.arrive().await)
            }
            Some(Fault::AnswerLate(after)) => {
                let answer = self.arrive().await;
                sleep(after).await;
                self.answered(answer)
            }
            Some(Fault::Refuse(refusal)) => self.refused(&refusal),
            Some(Fault::Meet) => {
                self.network.wait_for_the_other(&self.call).await;
                self.answered(self.arrive().await)
            }
        }
    }

    /// Is carried out.
    async fn arrive(&self) -> Option<Answer> {
        let (inner, request) = (&self.network.0, &self.request);
        let answer = match self.call.side {
            Side::Aws => aws(&inner.sim, request).await,
            Side::Kubernetes => kubernetes(&inner.kubernetes, request, self.call.name.starts_with("watch:")).await,
        };
        let now = self.network.now();
        self.network.change(self.call.index, |call| {
            call.delivered += 1;
            call.delivered_at = Some(now);
            call.status = answer.as_ref().map(|answer| answer.status);
        });
        if let Some(answer) = &answer {
            inner.witness.carried_out(&self.call, request, answer);
        }
        answer
    }

    fn answered(&self, answer: Option<Answer>) -> Reply {
        let Some(answer) = answer else { return Reply::Reset };
        let now = self.network.now();
        self.network.change(self.call.index, |call| call.answered_at = Some(now));
        Reply::Answer(answer)
    }

    async fn late(self, after: Duration, sender: Sender) -> Reply {
        match sender {
            Sender::Waits => {
                sleep(after).await;
                return self.answered(self.arrive().await);
            }
            Sender::Killed => self.process.kill().await,
            Sender::Reset => {}
        }
        tokio::spawn(async move {
            sleep(after).await;
            self.network.0.witness.arrives_unexpectedly(&self.call);
            self.arrive().await
        });
        match sender {
            Sender::Killed => Reply::Never,
            _ => Reply::Reset,
        }
    }

    fn refused(&self, refusal: &Refusal) -> Reply {
        let (status, code, message) = match refusal {
            Refusal::Reset => return Reply::Reset,
            Refusal::Silence => return Reply::Never,
            Refusal::Status(status, code, message) => (*status, *code, *message),
        };
        let answer = match self.call.side {
            Side::Aws => {
                let error = awssim::world::AwsError::new(status, code, message);
                let refusal = awssim::wire::error::refuse(&self.request.to_awssim(), &error);
                let mut answer = Answer::new(status, "application/json", refusal.body);
                for (name, value) in refusal.headers {
                    let name = hyper::header::HeaderName::try_from(name).expect("awssim's headers have names");
                    answer.headers.insert(name, value.parse().expect("awssim's headers have values"));
                }
                answer
            }
            Side::Kubernetes => {
                let body = serde_json::json!({
                    "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": code, "message": message, "code": status,
                });
                Answer::new(status, "application/json", body.to_string())
            }
        };
        self.answered(Some(answer))
    }
}

/// What is left of an answer that gets lost.
fn lost(answer: Option<Answer>, loss: Loss) -> Reply {
    match (loss, answer) {
        (Loss::Silence, _) => Reply::Never,
        (Loss::Html, _) => Reply::Answer(Answer::new(200, "text/html", "<html><body>Proxy</body></html>")),
        (Loss::Status(status), _) => Reply::Answer(Answer::new(status, "text/plain", "Bad Gateway")),
        // Without a body there is nothing to cut: the head alone would be the whole answer.
        (Loss::Truncated, Some(answer)) if !matches!(&answer.body, Body::Whole(bytes) if bytes.is_empty()) => Reply::Truncated(answer),
        (Loss::Truncated | Loss::Reset, _) => Reply::Reset,
    }
}
