//! Log lines as JSON with flat keys.

use std::fmt;
use std::io::Write;

use k8s_openapi::jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// A JSON object per event: ts, level, msg, its fields and those of our spans around it, target.
pub struct JsonLines<W> {
    open: W,
}

impl<W: Write, F: Fn() -> W> JsonLines<F> {
    /// Writes to what `open` answers.
    pub const fn new(open: F) -> Self {
        Self { open }
    }
}

struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let key = match field.name() {
            "message" => "msg",
            // What they say is for traces.
            name if name.starts_with("otel.") => return,
            name => name,
        };
        self.0.insert(key.to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
}

impl<S, W, F> Layer<S> for JsonLines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write,
    F: Fn() -> W + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields(Map::new());
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields(Map::new());
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            // The spans of libraries say the same in other words.
            let ours = span.metadata().target().starts_with(env!("CARGO_PKG_NAME"));
            if let (true, Some(Fields(outer))) = (ours, span.extensions().get()) {
                for (key, value) in outer {
                    fields.0.entry(key).or_insert_with(|| value.clone());
                }
            }
        }
        let metadata = event.metadata();
        let message = fields.0.remove("msg").unwrap_or(Value::Null);
        let level = metadata.level().as_str().to_lowercase();
        let mut line = format!(r#"{{"ts":"{}","level":"{level}","msg":{message}"#, Timestamp::now());
        for (key, value) in fields.0 {
            line.push_str(&format!(",{}:{value}", Value::from(key)));
        }
        line.push_str(&format!(r#","target":{}}}"#, Value::from(metadata.target())));
        // A log that cannot be written has nobody to tell.
        let _ = writeln!((self.open)(), "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_flat_keys_and_those_of_its_span() {
        let lines = Lines::default();
        let target = lines.clone();
        let subscriber = Registry::default().with(JsonLines::new(move || target.clone()));
        tracing::subscriber::with_default(subscriber, || {
            let late = tracing::field::Empty;
            let span = tracing::info_span!(
                "pass",
                namespace = "shop",
                name = "fir",
                generation = 3_i64,
                trace_id = late,
                otel.kind = "x"
            );
            let _inside = span.enter();
            span.record("trace_id", "4bf9");
            tracing::info!(reason = "AliasMoved", "the alias serves {}", 41);
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(text.starts_with(r#"{"ts":"#) && text.ends_with("}\n"), "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["level"], "info");
        assert_eq!(line["msg"], "the alias serves 41");
        assert_eq!(
            (&line["namespace"], &line["name"], &line["generation"]),
            (&"shop".into(), &"fir".into(), &3.into())
        );
        assert_eq!(line["reason"], "AliasMoved");
        assert_eq!(line["trace_id"], "4bf9", "what is known later belongs to the span too");
        assert_eq!(line.get("otel.kind"), None);
        assert!(line["ts"].as_str().unwrap().parse::<Timestamp>().is_ok());
    }
}
