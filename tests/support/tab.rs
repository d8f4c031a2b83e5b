//! A browser tab, used as a person uses it who hears the page: by role, name and label.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, thread};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::cdp::{Connection, Failure};
use crate::outline::{Outline, Part};
use crate::{chromium, keyboard};

/// How long a page may take to show what is expected of it.
const PATIENCE: Duration = Duration::from_secs(15);
const BETWEEN_LOOKS: Duration = Duration::from_millis(40);

/// Roles that text is written into.
const FIELDS: [&str; 4] = ["textbox", "searchbox", "spinbutton", "combobox"];
const CHOICES: [&str; 3] = ["checkbox", "switch", "radio"];

/// Where to click a thing, or nothing if something else lies over it.
const POINT: &str = "function () {
    this.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = this.getClientRects()[0];
    if (!box) return null;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    const parts = [this, ...(this.labels ?? [])];
    return parts.some((part) => part.contains(hit)) ? [x, y] : null;
}";

/// Whether a field holds a text, or as much of it as it takes.
const HOLDS: &str = "function (text) {
    return this.isConnected && text.startsWith(this.value) && (this.value !== '' || text === '');
}";

/// Chooses an option by its text, with the events that a person's choice causes.
const SELECT: &str = "function (text) {
    const option = [...this.options].find((option) => option.label.trim() === text);
    if (!option || option.disabled) return false;
    this.focus();
    this.value = option.value;
    this.dispatchEvent(new Event('input', { bubbles: true }));
    this.dispatchEvent(new Event('change', { bubbles: true }));
    return true;
}";

/// A tab with cookies and storage of its own. Every method waits until it can do what it says and
/// fails the test with the page's outline if it cannot.
#[derive(Clone)]
pub struct Tab {
    page: Arc<Page>,
    scope: Vec<(String, String)>,
}

struct Page {
    connection: &'static Connection,
    context: String,
    session: String,
}

impl Drop for Page {
    fn drop(&mut self) {
        let context = json!({ "browserContextId": self.context });
        drop(self.connection.send(None, "Target.disposeBrowserContext", &context));
    }
}

impl Tab {
    /// Opens an address in a new tab that shares nothing with others.
    ///
    /// # Panics
    /// If Chromium cannot be started.
    pub async fn open(url: &str) -> Self {
        let connection = chromium::connection().await;
        let call = async |method, parameters, field: &str| {
            let result: Result<Value, Failure> = connection.call(None, method, parameters).await;
            let result = result.unwrap_or_else(|failure| panic!("{method}: {failure}"));
            result[field].as_str().expect("the browser names what it made").to_owned()
        };
        let context = call("Target.createBrowserContext", json!({}), "browserContextId").await;
        let target = json!({ "url": "about:blank", "browserContextId": context });
        let target = call("Target.createTarget", target, "targetId").await;
        let attach = json!({ "targetId": target, "flatten": true });
        let session = call("Target.attachToTarget", attach, "sessionId").await;
        let tab = Self { page: Arc::new(Page { connection, context, session }), scope: Vec::new() };
        for method in ["Page.enable", "Runtime.enable", "Log.enable"] {
            tab.must(method, json!({})).await;
        }
        tab.visit(url).await;
        tab
    }

    /// Goes to another address.
    ///
    /// # Panics
    /// If nothing answers there.
    pub async fn visit(&self, url: &str) {
        let result = self.must("Page.navigate", json!({ "url": url })).await;
        assert!(result["errorText"].is_null(), "{url} did not open: {}", result["errorText"]);
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.must("Page.reload", json!({})).await;
    }

    /// Goes back, as with the browser's button.
    pub async fn back(&self) {
        self.must("Runtime.evaluate", json!({ "expression": "history.back()" })).await;
    }

    /// The address now.
    pub async fn url(&self) -> String {
        let result = self.must("Runtime.evaluate", json!({ "expression": "location.href" })).await;
        result["result"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// The same tab, looking only at what lies in something: `within("region", "Versions")`.
    /// A `row` or a `listitem` may be named by any text in it.
    #[must_use]
    pub fn within(&self, role: &str, name: &str) -> Self {
        let mut tab = self.clone();
        tab.scope.push((role.to_owned(), name.to_owned()));
        tab
    }

    /// Clicks something that is there, enabled, and not covered.
    pub async fn click(&self, role: &str, name: &str) {
        self.click_part(&[role], name).await;
    }

    /// Follows a link.
    pub async fn link(&self, name: &str) {
        self.click("link", name).await;
    }

    /// Replaces what a labelled field holds; a field may cut what is too long for it.
    pub async fn fill(&self, label: &str, text: &str) {
        self.until(&format!("the field \"{label}\" to hold \"{text}\""), async |outline| {
            let node = usable(outline, &FIELDS, label)?;
            self.call("DOM.focus", json!({ "backendNodeId": node })).await.ok()?;
            self.press("Control+a").await;
            if text.is_empty() {
                self.press("Delete").await;
            } else {
                self.must("Input.insertText", json!({ "text": text })).await;
            }
            // A page that was just drawn anew has lost it.
            self.ask(node, HOLDS, &[text.into()]).await.ok()?.as_bool()?.then_some(())
        })
        .await;
    }

    /// Chooses a file for a labelled field.
    pub async fn choose(&self, label: &str, file: &Path) {
        self.until(&format!("the field \"{label}\" to take a file"), async |outline| {
            let node = usable(outline, &["button"], label)?;
            let files = json!({ "backendNodeId": node, "files": [file] });
            self.call("DOM.setFileInputFiles", files).await.ok()
        })
        .await;
    }

    /// Chooses an option of a labelled list by its text.
    pub async fn select(&self, label: &str, option: &str) {
        self.until(&format!("the option \"{option}\" of \"{label}\""), async |outline| {
            let node = usable(outline, &["combobox", "listbox"], label)?;
            self.ask(node, SELECT, &[option.into()]).await.ok()?.as_bool()?.then_some(())
        })
        .await;
    }

    /// Ticks a labelled box, switch or radio button, unless it is ticked.
    pub async fn check(&self, label: &str) {
        self.tick(label, "true").await;
    }

    /// Clears a labelled box or switch, unless it is clear.
    pub async fn uncheck(&self, label: &str) {
        self.tick(label, "false").await;
    }

    async fn tick(&self, label: &str, wanted: &str) {
        let is_wanted = |part: &Part| part.states.get("checked").is_some_and(|state| state == wanted);
        let what = format!("the choice \"{label}\"");
        let find = async |outline: &Outline| Some(is_wanted(outline.first(&CHOICES, label)?));
        if !self.until(&what, find).await {
            self.click_part(&CHOICES, label).await;
            self.until(&format!("{what} to be {wanted}"), async |outline| {
                outline.first(&CHOICES, label).filter(|part| is_wanted(part)).map(drop)
            })
            .await;
        }
    }

    /// Presses a key, such as `Enter`, `/` or `Control+k`, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        for event in keyboard::press(keys) {
            self.must("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Waits for a heading.
    pub async fn heading(&self, name: &str) {
        self.see("heading", name).await;
    }

    /// Waits until something is there.
    pub async fn see(&self, role: &str, name: &str) {
        let find = async |outline: &Outline| outline.first(&[role], name).map(drop);
        self.until(&format!("{role} \"{name}\""), find).await;
    }

    /// Waits until something is there in a state such as `disabled`, `focused`, `expanded` or `invalid`.
    pub async fn see_state(&self, role: &str, name: &str, state: &str) {
        let has_state = |part: &&Part| part.states.get(state).is_some_and(|value| value != "false");
        let find = async |outline: &Outline| outline.find(role, name).find(has_state).map(drop);
        self.until(&format!("{role} \"{name}\", {state}"), find).await;
    }

    /// Waits until something is not there.
    pub async fn gone(&self, role: &str, name: &str) {
        let find = async |outline: &Outline| outline.first(&[role], name).is_none().then_some(());
        self.until(&format!("{role} \"{name}\" to be gone"), find).await;
    }

    /// Waits for a text, however it is broken into lines and elements.
    pub async fn text(&self, text: &str) {
        let find = async |outline: &Outline| outline.has_text(text).then_some(());
        self.until(&format!("the text \"{text}\""), find).await;
    }

    /// Waits until a text is not there.
    pub async fn text_gone(&self, text: &str) {
        let find = async |outline: &Outline| (!outline.has_text(text)).then_some(());
        self.until(&format!("the text \"{text}\" to be gone"), find).await;
    }

    /// What a labelled field holds, or which option is chosen.
    pub async fn value(&self, label: &str) -> String {
        let find = async |outline: &Outline| Some(outline.first(&FIELDS, label)?.value.clone());
        self.until(&format!("the field \"{label}\""), find).await
    }

    /// All text there is, of the page or of what the tab looks at.
    pub async fn read(&self) -> String {
        self.until("text", async |outline| Some(outline.text()).filter(|text| !text.is_empty())).await
    }

    /// Makes the window narrow or wide, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.must("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Lets the system prefer `dark` or `light`.
    pub async fn prefer_scheme(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.must("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Presses the mouse button in the corner and never releases it.
    pub async fn hold_pointer(&self) {
        let press = json!({ "type": "mousePressed", "x": 1, "y": 1, "button": "left", "clickCount": 1 });
        self.must("Input.dispatchMouseEvent", press).await;
    }

    /// Writes a picture of the window as PNG.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub async fn screenshot(&self, path: &Path) {
        let result = self.must("Page.captureScreenshot", json!({ "format": "png" })).await;
        let picture = BASE64_STANDARD.decode(result["data"].as_str().unwrap_or_default());
        let folder = path.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder).expect("the folder can be made");
        fs::write(path, picture.expect("the browser sends base64")).expect("the picture can be written");
    }

    /// Fails if the page logged an error, threw an exception, or broke its policy.
    ///
    /// # Panics
    /// If it did.
    pub fn assert_no_errors(&self) {
        let complaints = self.page.connection.complaints(&self.page.session);
        assert!(complaints.is_empty(), "the page complained:\n{}", complaints.join("\n"));
    }

    async fn click_part(&self, roles: &[&str], name: &str) {
        let what = format!("{} \"{name}\" to click", roles.join(" or "));
        let place = async |outline: &Outline| {
            let point = self.ask(usable(outline, roles, name)?, POINT, &[]).await.ok()?;
            Some((point[0].as_f64()?, point[1].as_f64()?))
        };
        let (x, y) = self.until(&what, place).await;
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let event = json!({ "type": kind, "x": x, "y": y, "button": button, "clickCount": 1 });
            self.must("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Looks again and again until something is found.
    async fn until<T>(&self, what: &str, find: impl AsyncFn(&Outline) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let outline = self.outline().await;
            let found = match outline.and_then(|outline| self.scoped(outline)) {
                Some(outline) => find(&outline).await,
                None => None,
            };
            match found {
                Some(found) => return found,
                None if Instant::now() > deadline => self.fail(what).await,
                None => sleep(BETWEEN_LOOKS).await,
            }
        }
    }

    /// The whole page's outline, unless it is just being replaced.
    async fn outline(&self) -> Option<Outline> {
        let tree = self.call("Accessibility.getFullAXTree", json!({})).await;
        tree.ok().map(|tree| Outline::read(&tree))
    }

    fn scoped(&self, outline: Outline) -> Option<Outline> {
        self.scope.iter().try_fold(outline, |outline, (role, name)| outline.within(role, name))
    }

    async fn fail(&self, what: &str) -> ! {
        let picture = failures().join(format!("{}.png", thread::current().name().unwrap_or("test").replace("::", "-")));
        self.screenshot(&picture).await;
        let outline = self.outline().await.unwrap_or_default();
        let place = |(role, name): &(String, String)| format!(" within {role} \"{name}\"");
        let places = self.scope.iter().map(place).collect::<Vec<_>>().concat();
        let complaints = self.page.connection.complaints(&self.page.session).join("\n");
        panic!(
            "waited for {what}{places}\nat {}\nwhich shows\n{outline}{complaints}\nas in {}",
            self.url().await,
            picture.display()
        );
    }

    /// Calls a function of JavaScript on a node and returns what it returns.
    async fn ask(&self, node: i64, function: &str, arguments: &[Value]) -> Result<Value, Failure> {
        let object = self.call("DOM.resolveNode", json!({ "backendNodeId": node })).await?;
        let arguments: Vec<Value> = arguments.iter().map(|value| json!({ "value": value })).collect();
        let call = json!({
            "objectId": object["object"]["objectId"],
            "functionDeclaration": function,
            "arguments": arguments,
            "returnByValue": true,
        });
        let mut result = self.call("Runtime.callFunctionOn", call).await?;
        Ok(result["result"]["value"].take())
    }

    async fn call(&self, method: &str, parameters: Value) -> Result<Value, Failure> {
        self.page.connection.call(Some(&self.page.session), method, parameters).await
    }

    async fn must(&self, method: &str, parameters: Value) -> Value {
        let result = self.call(method, parameters).await;
        result.unwrap_or_else(|failure| panic!("the browser refused {method}: {failure}"))
    }
}

/// The first enabled part, as the DOM calls it.
fn usable(outline: &Outline, roles: &[&str], name: &str) -> Option<i64> {
    let part = outline.first(roles, name)?;
    let is_disabled = part.states.get("disabled").is_some_and(|state| state == "true");
    part.node.filter(|_| !is_disabled)
}

/// Where pictures of failures go: `target/failures`.
fn failures() -> PathBuf {
    let test = env::current_exe().unwrap_or_default();
    test.ancestors().nth(3).unwrap_or(Path::new("target")).join("failures")
}
