//! Replays the requests that were recorded with the original worker.

use serde_json::Value;

use crate::support::{Reply, Worker};

/// Rows from which this worker deviates on purpose: name, status and a part of the detail.
const WANTED: [(&str, u16, &str); 10] = [
    ("initialize with broken JSON", 400, "line 1 column 2"),
    ("initialize without a body", 400, ""),
    ("execute with broken JSON", 400, "line 1 column 2"),
    ("execute with an array body", 422, "object"),
    ("args is null", 200, ""),
    ("kwargs is an array", 422, "kwargs"),
    ("args is an object", 422, "args"),
    ("NaN literal in the request", 400, "line 1 column"),
    ("unpaired surrogate", 200, ""),
    ("stream with broken JSON", 400, "line 1 column 2"),
];

#[tokio::test]
async fn responses_equal_those_of_the_original_worker() {
    let worker = Worker::conformance().await;
    let rows: Vec<Value> = include_str!("reference/recorded.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 48);
    let mut differences = Vec::new();
    for row in &rows {
        let text = |key: &str| row[key].as_str().unwrap_or_default();
        let reply = worker.send(text("method"), text("path"), &[], text("body")).await;
        let result = if row.get("wanted_instead").is_some() {
            wanted(row, &reply)
        } else {
            same(row, &reply)
        };
        if let Err(difference) = result {
            differences.push(format!("{}: {difference}; got {reply:?}", text("name")));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn wanted(row: &Value, reply: &Reply) -> Result<(), String> {
    let (_, status, expected) = WANTED
        .iter()
        .find(|(name, ..)| row["name"] == *name)
        .ok_or("WANTED has no entry for this row")?;
    expect("status", &reply.status, status)?;
    if *status >= 400 {
        let detail =
            reply.json()["detail"].as_str().ok_or("the detail is not a string")?.to_owned();
        if !detail.contains(expected) {
            return Err(format!("the detail does not contain '{expected}'"));
        }
    }
    Ok(())
}

fn same(row: &Value, reply: &Reply) -> Result<(), String> {
    expect("status", &u64::from(reply.status), &row["status"].as_u64().unwrap())?;
    expect("content type", &reply.header("content-type"), &row["content_type"].as_str().unwrap())?;
    if let Some(allow) = row.get("allow").and_then(Value::as_str)
        && !reply.header("allow").split(", ").any(|method| method == allow)
    {
        return Err(format!("Allow does not name {allow}"));
    }
    let recorded = row["response"].as_str().unwrap();
    if row["content_type"] == "application/x-ndjson" {
        let lines = |text: &str| -> Vec<Value> {
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        return covers(&Value::Array(lines(&reply.text())), &Value::Array(lines(recorded)), "$");
    }
    covers(&reply.json(), &serde_json::from_str(recorded).unwrap(), "$")
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, want: &T) -> Result<(), String> {
    if got == want { Ok(()) } else { Err(format!("{what} is {got:?}, wanted {want:?}")) }
}

/// Figures that differ between runs.
const IGNORED: [&str; 3] = ["pid", "cpu_percent", "memory_rss_mb"];

/// Objects of this worker may have more keys than recorded ones; everything else must be equal.
fn covers(ours: &Value, recorded: &Value, path: &str) -> Result<(), String> {
    match (ours, recorded) {
        (Value::Object(ours), Value::Object(recorded)) => {
            recorded.iter().try_for_each(|(key, recorded)| {
                let path = format!("{path}.{key}");
                let ours = ours.get(key).ok_or_else(|| format!("{path} is missing"))?;
                if IGNORED.contains(&key.as_str()) {
                    return expect(&path, &ours.is_number(), &true);
                }
                covers(ours, recorded, &path)
            })
        }
        (Value::Array(ours), Value::Array(recorded)) => {
            expect(&format!("length of {path}"), &ours.len(), &recorded.len())?;
            let pairs = ours.iter().zip(recorded).enumerate();
            pairs.into_iter().try_for_each(|(index, (ours, recorded))| {
                covers(ours, recorded, &format!("{path}[{index}]"))
            })
        }
        _ => expect(path, ours, recorded),
    }
}
