//! The WebDriver commands that the client library lacks.

use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, elements::ElementRef};
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// A command below `/session/ID/`, with a body if it is a POST.
#[derive(Debug)]
struct SessionCommand {
    path: String,
    body: Option<Value>,
}

impl WebDriverCompatibleCommand for SessionCommand {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        match &self.body {
            None => (Method::GET, None),
            Some(body) => (Method::POST, Some(body.to_string())),
        }
    }
}

/// Get Computed Label (WebDriver, section 12.4.9): the accessible name.
pub(crate) async fn computed_label(
    client: &Client,
    element: &ElementRef,
) -> Result<String, CmdError> {
    let path = format!("element/{}/computedlabel", &**element);
    let label = client
        .issue_cmd(SessionCommand { path, body: None })
        .await?;
    // Some browsers leave the space in that stands between a label and its field.
    Ok(label.as_str().unwrap_or_default().trim().to_owned())
}

/// A command of the Chrome DevTools Protocol; only chromedriver has it.
pub(crate) async fn devtools(client: &Client, cmd: &str, params: Value) -> Result<Value, CmdError> {
    let path = "goog/cdp/execute".to_owned();
    let body = Some(json!({ "cmd": cmd, "params": params }));
    client.issue_cmd(SessionCommand { path, body }).await
}

/// What the browser's own log has gained since the last time; only chromedriver has it.
pub(crate) async fn browser_log(client: &Client) -> Result<Vec<Value>, CmdError> {
    let path = "se/log".to_owned();
    let body = Some(json!({ "type": "browser" }));
    let entries = client.issue_cmd(SessionCommand { path, body }).await?;
    Ok(entries.as_array().cloned().unwrap_or_default())
}
