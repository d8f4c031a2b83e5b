//! What the commands say, byte for byte.

use api::{AzureId, KeyName};

use super::*;

fn key(name: &str) -> Vec<(&'static str, Text)> {
    vec![("key", Text::read::<KeyName>(name, "NAME"))]
}

#[test]
fn a_key_is_created_in_three_ways() {
    let command = Command::write("vault_keymgmt_key", "payments", key("card-tokens"));
    let command = command.field("type", Value::word("rsa-3072"));
    assert_eq!(command.vault(), "vault write payments/key/card-tokens \\\n  type=rsa-3072");
    assert_eq!(
        command.curl(),
        "curl --fail-with-body -X POST \"$VAULT_ADDR/v1/payments/key/card-tokens\" \\
  -H \"X-Vault-Token: $VAULT_TOKEN\" \\
  --data-urlencode type=rsa-3072"
    );
    assert_eq!(
        command.terraform(),
        "resource \"vault_keymgmt_key\" \"card_tokens\" {
  mount = \"payments\"
  name  = \"card-tokens\"
  type  = \"rsa-3072\"
}"
    );
}

#[test]
fn what_is_not_filled_in_is_a_variable() {
    let command = Command::write("vault_keymgmt_key", "teams/payments", key("-")).verb("rotate");
    assert_eq!(command.vault(), "vault write -f \"teams/payments/key/$NAME/rotate\"");
    assert!(command.terraform().contains("\"name\" {\n  mount = \"teams/payments\"\n  name  = var.name\n}"));
}

#[test]
fn a_deletion_has_no_fields() {
    let command = Command::delete("vault_keymgmt_key", "payments", key("7.card-tokens"));
    assert_eq!(command.vault(), "vault delete payments/key/7.card-tokens");
    assert_eq!(
        command.curl(),
        "curl --fail-with-body -X DELETE \"$VAULT_ADDR/v1/payments/key/7.card-tokens\" \\
  -H \"X-Vault-Token: $VAULT_TOKEN\""
    );
    assert!(command.terraform().ends_with("terraform destroy -target=vault_keymgmt_key._7_card_tokens"));
}

#[test]
fn a_change_tells_terraform_the_whole_key() {
    let command = Command::write("vault_keymgmt_key", "payments", key("card-tokens"))
        .declared("type", Value::word("rsa-3072"))
        .field("min_enabled_version", Value::Bare("2".to_owned()));
    assert_eq!(command.vault(), "vault write payments/key/card-tokens \\\n  min_enabled_version=2");
    assert!(command.terraform().contains("  type                = \"rsa-3072\"\n  min_enabled_version = 2\n"));
}

#[test]
fn secrets_stand_as_variables() {
    let tenant = Text::read::<AzureId>("8d1f0c6e-4d0e-4c62-9c53-5d51d7c1a2b3", "AZURE_TENANT_ID");
    let credentials = vec![("tenant_id", tenant), ("client_secret", Text::Variable("AZURE_CLIENT_SECRET"))];
    let command = Command::write("vault_keymgmt_azure_kms", "payments", vec![("kms", Text::from(&"acme"))])
        .api_field("provider", Value::word("azurekeyvault"))
        .field("key_collection", Value::word("acme-kv"))
        .field("credentials", Value::Map(credentials));
    assert_eq!(
        command.vault(),
        "vault write payments/kms/acme \\
  provider=azurekeyvault \\
  key_collection=acme-kv \\
  credentials=tenant_id=8d1f0c6e-4d0e-4c62-9c53-5d51d7c1a2b3 \\
  \"credentials=client_secret=$AZURE_CLIENT_SECRET\""
    );
    assert!(command.curl().ends_with("  --data-urlencode \"credentials=client_secret=$AZURE_CLIENT_SECRET\""));
    assert_eq!(
        command.terraform(),
        "resource \"vault_keymgmt_azure_kms\" \"acme\" {
  mount          = \"payments\"
  name           = \"acme\"
  key_collection = \"acme-kv\"
  credentials_wo = {
    tenant_id     = \"8d1f0c6e-4d0e-4c62-9c53-5d51d7c1a2b3\"
    client_secret = var.azure_client_secret
  }
}"
    );
}

#[test]
fn a_distribution_names_both_ends() {
    let thing = vec![("kms", Text::from(&"acme")), ("key", Text::from(&"card-tokens"))];
    let command = Command::write("vault_keymgmt_distribute_key", "payments", thing)
        .field("purpose", Value::List(vec!["wrap", "unwrap"]))
        .field("protection", Value::word("hsm"));
    assert!(command.vault().starts_with("vault write payments/kms/acme/key/card-tokens \\\n  purpose=wrap,unwrap \\"));
    assert_eq!(
        command.terraform(),
        "resource \"vault_keymgmt_distribute_key\" \"acme_card_tokens\" {
  mount      = \"payments\"
  kms_name   = \"acme\"
  key_name   = \"card-tokens\"
  purpose    = [\"wrap\", \"unwrap\"]
  protection = \"hsm\"
}"
    );
}

#[test]
fn a_shell_takes_every_word_as_it_is() {
    let plain = |text: &str| Text::Plain(text.to_owned());
    assert_eq!(shell(&[plain("a-b/c_d.e=1,2")]), "a-b/c_d.e=1,2");
    assert_eq!(shell(&[plain("")]), "''");
    assert_eq!(shell(&[plain("it's $HOME & `x`")]), "'it'\\''s $HOME & `x`'");
    assert_eq!(shell(&[plain("a\"b$c`d\\="), Text::Variable("X")]), "\"a\\\"b\\$c\\`d\\\\=$X\"");
}

#[test]
fn hcl_reads_a_string_as_it_is() {
    assert_eq!(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
    assert_eq!(quoted("${x} %{y}\n\t"), "\"$${x} %%{y}\\n\\t\"");
}
