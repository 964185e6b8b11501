//! What goes back to the caller, which is not always an answer.

use super::Loss;
use crate::wire::Response;

/// What goes back to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A whole answer.
    Answer(Response),
    /// The connection is closed without a byte.
    Close,
    /// Nothing; the connection stays open.
    Hang,
    /// The head of this answer and half of its body, then the connection is closed.
    Truncate(Response),
}

impl Reply {
    /// What is left of an answer that gets lost.
    pub(super) fn lost(how: Loss, response: Response) -> Self {
        match how {
            Loss::Close => Self::Close,
            Loss::Hang => Self::Hang,
            // Without a body there is nothing to cut: the head alone would be the whole answer.
            Loss::Truncate if response.body.is_empty() => Self::Close,
            Loss::Truncate => Self::Truncate(response),
            Loss::InternalError => Self::Answer(Response::bytes(500, "text/plain", b"Internal Server Error".to_vec())),
            Loss::ServiceUnavailable => Self::Answer(Response::bytes(503, "text/plain", b"Service Unavailable".to_vec())),
            Loss::Html => Self::Answer(Response::bytes(200, "text/html", b"<html><body>Proxy</body></html>".to_vec())),
        }
    }

    /// The answer, when there is a whole one.
    pub fn answer(self) -> Option<Response> {
        match self {
            Self::Answer(response) => Some(response),
            _ => None,
        }
    }
}
