"""A row for each main table, in words that every revision from the first on takes."""

_KEY = "decode(repeat('ab', 32), 'hex')"
_ENTRY = "'00000000-0000-0000-0000-000000000001'"

ROWS = {
    "member": "INSERT INTO member (id, code, name, kind, state, admitted_at)"
    " VALUES (1, 'brand-a', 'Brand A', 'brand', 'admitted', now())",
    "person": "INSERT INTO person (id, member_id, name, pseudonym, email, active, fs_uniquifier)"
    " VALUES (1, 1, 'Ada', 'p_1', 'ada@example.org', true, 'u')",
    "credential": "INSERT INTO credential (member_id, digest, pseudonym, created_at, expires_at)"
    f" VALUES (1, {_KEY}, 'p_2', now(), now() + interval '1 day')",
    "decision": "INSERT INTO decision (name, kind, subject, reason, state, proposed_by, proposed_at, expires_at)"
    " VALUES ('d_1', 'admit', 'a', 'b', 'open', 'p_1', now(), now())",
    "application": "INSERT INTO application (name, state, legal_name, kind, country, facts, applied_at)"
    f" VALUES ('a_1', 'applied', 'Brand A', 'brand', 'DE', {_KEY}, now())",
    "application_document": "INSERT INTO application_document (application, number, name, media, size, sealed)"
    f" VALUES ('a_1', 1, 'register.pdf', 'application/pdf', 32, {_KEY})",
    "vetted_item": "INSERT INTO vetted_item (application, item, note, ticked_by, ticked_at)"
    " VALUES ('a_1', 'sector', 'seen', 'p_1', now())",
    "member_move": "INSERT INTO member_move (member_id, state, reason, moved_by, moved_at)"
    " VALUES (1, 'admitted', 'b', 'p_1', now())",
    "agreement": "INSERT INTO agreement (version, text, digest, published_by, published_at)"
    f" VALUES (1, 'We share.', {_KEY}, 'p_1', now())",
    "agreement_signature": "INSERT INTO agreement_signature (member_id, version, digest, signed_by, signed_at)"
    f" VALUES (1, 1, {_KEY}, 'p_1', now())",
    "authorisation": "INSERT INTO authorisation (brand_id, agent_id, scopes, begins_on, ends_on, given_by, given_at)"
    " VALUES (1, 1, '{match:run}', '2026-11-01', '2026-11-30', 'p_1', now())",
    "ip_right": "INSERT INTO ip_right (id, name, member_id, type, title, jurisdictions, classes, owner, state, entered_at)"
    " VALUES (1, 'r', 1, 'copyright', 'A song', '{DE}', '{}', 'Brand A', 'entered', now())",
    "ip_right_move": "INSERT INTO ip_right_move (right_id, member_id, by_id, by, command, at)"
    " VALUES (1, 1, 1, 'p_1', 'enter', now())",
    "ip_right_certificate": "INSERT INTO ip_right_certificate (right_id, member_id, media, size, sealed, handed_in_at)"
    f" VALUES (1, 1, 'application/pdf', 32, {_KEY}, now())",
    "ip_right_verdict": "INSERT INTO ip_right_verdict (right_id, member_id, verifier_id, state, shown_at)"
    " VALUES (1, 1, 1, 'entered', now())",
    "authorised_seller": "INSERT INTO authorised_seller (name, brand_id, url, host, digest, seller, by_agent, added_by,"
    f" added_at) VALUES ('s', 1, 'https://shop.example.com/1', 'shop.example.com', {_KEY}, '', false, 'p_1', now())",
    "marketplace": "INSERT INTO marketplace (host, platform_id, jurisdictions, set_at)"
    " VALUES ('shop.example.com', 1, '{DE}', now())",
    "platform_clock": "INSERT INTO platform_clock (platform_id, jurisdiction, preset, seller, holder, zone, holidays, set_at)"
    " VALUES (1, 'DE', 'default', 4, 3, 'Europe/Berlin', '{}', now())",
    "strike_ladder": "INSERT INTO strike_ladder (platform_id, ladder, set_at) VALUES (1, 'points', now())",
    "listing_report": "INSERT INTO listing_report (id, name, brand_id, platform_id, by_agent, right_name, right_facts,"
    " reason, evidence, explanation, declaration, declared_digest, filed_by, filed_at, listings, state, version)"
    f" VALUES (1, 'r', 1, 1, false, 'r', '{{}}', 'design', '{{}}', '', 1, {_KEY}, 'p_1', now(), 1, 'submitted', 1)",
    "reported_listing": "INSERT INTO reported_listing (report_id, n, brand_id, platform_id, url, digest, target, seller)"
    f" VALUES (1, 1, 1, 1, 'https://shop.example.com/1', {_KEY}, 'listing', '')",
    "statement": "INSERT INTO statement (report_id, n, acted_at, platform_id, action, countered, evidence, right_facts,"
    " notifier) VALUES (1, 1, now(), 1, 'listing removed', false, '{}', '{}', 'Brand A')",
    "report_step": "INSERT INTO report_step (report_id, brand_id, platform_id, command, party, by, at)"
    " VALUES (1, 1, 1, 'take', 'platform', 'p_1', now())",
    "question": "INSERT INTO question (name, platform_id, brand_id, url, digest, words, pictures, due_at, time_zone,"
    f" asked_by, asked_at, asked_entry, state) VALUES ('q', 1, 1, 'https://shop.example.com/1', {_KEY}, 'Yours?', '{{}}',"
    " now(), 'UTC', 'p_1', now(), 'e', 'asked')",
    "notice_place": "INSERT INTO notice_place (one, next) VALUES (true, 0) ON CONFLICT (one) DO NOTHING",
    "notice": "INSERT INTO notice (member_id, place, entry_id, topic, acts, at)"
    f" VALUES (1, 0, {_ENTRY}, 'reports', true, now())",
    "notice_reader": "INSERT INTO notice_reader (person_id, member_id, read_to, at_once_to, daily_to)"
    " VALUES (1, 1, -1, -1, -1)",
    "notice_read": "INSERT INTO notice_read (person_id, place, member_id) VALUES (1, 0, 1)",
    "webhook": "INSERT INTO webhook (id, name, member_id, url, topics, sealed_secret, made_at)"
    f" OVERRIDING SYSTEM VALUE VALUES (1, 'w', 1, 'https://example.org/hub', '{{reports}}', {_KEY}, now())",
    "webhook_delivery": "INSERT INTO webhook_delivery (id, name, webhook_id, member_id, made_at, state, tries)"
    " OVERRIDING SYSTEM VALUE VALUES (1, 'msg_1', 1, 1, now(), 'delivered', 0)",
    "webhook_try": "INSERT INTO webhook_try (delivery_id, member_id, at, milliseconds, status, failure)"
    " VALUES (1, 1, now(), 9, 200, '')",
    "test_buy": "INSERT INTO test_buy (id, name, brand_id, platform_id, url, goods, currency, budget, planned_by, planned_at,"
    " state, version) OVERRIDING SYSTEM VALUE VALUES (1, 'b', 1, 1, 'https://shop.example.com/1', 'Watch', 'EUR', 1, 'p_1',"
    " now(), 'planned', 1)",
    "custody_step": "INSERT INTO custody_step (buy_id, n, brand_id, command, by, by_agent, at, place, seal, photos, words,"
    f" digest, entry) VALUES (1, 1, 1, 'approve', 'p_2', false, now(), '', '', '[]', '', {_KEY}, 'e')",
    "test_buy_cost": "INSERT INTO test_buy_cost (buy_id, brand_id, kind, minor, by, at)"
    " VALUES (1, 1, 'price', 100, 'p_1', now())",
    "counter_notice": "INSERT INTO counter_notice (name, report_id, brand_id, platform_id, listings, grounds, words,"
    " evidence, state, passed_on_at, due_at)"
    " VALUES ('c', 1, 1, 1, '{1}', 'genuine', 'Genuine.', '{}', 'forwarded', now(), now())",
    "session": "INSERT INTO session (digest, person_id, member_id, begun_at, seen_at, ends_at, idle_seconds, network,"
    f" browser, fresh_at) VALUES ({_KEY}, 1, 1, now(), now(), now(), 60, '192.0.2.0/24', 'Firefox', now())",
    "factor": f"INSERT INTO factor (person_id, member_id, kind, secret, added_at) VALUES (1, 1, 'totp', {_KEY}, now())",
    "one_time_link": "INSERT INTO one_time_link (digest, kind, member_id, email, name, role, made_by, made_at, expires_at)"
    f" VALUES ({_KEY}, 'invitation', 1, 'ben@example.org', 'Ben', 'viewer', 'p_1', now(), now())",
    "identity_provider": "INSERT INTO identity_provider (member_id, issuer, client_id, secret, claim, roles, factors,"
    f" passwords_serve) VALUES (1, 'https://login.example.org', 'hub', {_KEY}, 'groups', '{{}}', '{{}}', true)",
    "sign_in_domain": "INSERT INTO sign_in_domain (member_id, domain, asked_at) VALUES (1, 'example.org', now())",
    "provided_identity": "INSERT INTO provided_identity (person_id, member_id, issuer, subject, linked_at)"
    " VALUES (1, 1, 'https://login.example.org', 'ada', now())",
    "sharing_group": "INSERT INTO sharing_group (id, code, name) VALUES (1, 'watches', 'watches')",
    "group_invitation": "INSERT INTO group_invitation (group_id, member_id, invited_at, expires_at)"
    " VALUES (1, 1, now(), now())",
    "sharing_group_member": "INSERT INTO sharing_group_member (group_id, member_id) VALUES (1, 1)",
    "epoch": "INSERT INTO epoch (id, name, state, opened_at) VALUES (1, 'e1', 'open', now())",
    "token_key": "INSERT INTO token_key (id, epoch_id, name, type, public_key)"
    f" VALUES (1, 1, 'example.e1.phone', 'phone', {_KEY})",
    "declared_need": "INSERT INTO declared_need (member_id, type, allowed) VALUES (1, 'phone', 9)",
    "quota": "INSERT INTO quota (member_id, type, period_on, allowed, used) VALUES (1, 'phone', '2026-11-01', 9, 1)",
    "indicator": f"INSERT INTO indicator (key_id, token) VALUES (1, {_KEY})",
    "contribution": "INSERT INTO contribution (key_id, token, member_id, stance, evidence_level, tlp, group_ids,"
    f" shared_at, expires_on, state) VALUES (1, {_KEY}, 1, 'infringing', 2, 2, '{{}}', now(), '2099-01-01', 'active')",
    "match": f"INSERT INTO match (recipient_id, key_id, token, state, matched_at) VALUES (1, 1, {_KEY}, 'new', now())",
    "sighting": f"INSERT INTO sighting (key_id, token, member_id, matched_at) VALUES (1, {_KEY}, 1, now())",
    "evidence": "INSERT INTO evidence (id, name, member_id, type, media, size, digest, stripped, sealed_name, sealed_key,"
    " stored_by, stored_at, expires_on) OVERRIDING SYSTEM VALUE VALUES"
    f" (1, 'f_1', 1, 'listing', 'text/plain', 9, {_KEY}, false, {_KEY}, {_KEY}, 'p_1', now(), '2099-01-01')",
    "letter": f"INSERT INTO letter (sealed, posted_at) VALUES ({_KEY}, now())",
    "idempotency_key": f"INSERT INTO idempotency_key (member_id, key, digest, at) VALUES (1, 'once', {_KEY}, now())",
    "ledger_tag_key": f"INSERT INTO ledger_tag_key (party, sealed) VALUES (1, {_KEY})",
    "ledger_tag_version": "UPDATE ledger_tag_version SET version = gen_random_uuid()",  # it has its row from the start
    "ledger_entry": f"INSERT INTO ledger_entry (id, at, action, leaf) VALUES ({_ENTRY}, now(), 'match.run', {_KEY})",
    "ledger_part": f"INSERT INTO ledger_part (entry_id, n, party, view, salt) VALUES ({_ENTRY}, 0, 1, '{{}}', {_KEY})",
    "ledger_retirement": "INSERT INTO ledger_retirement (first, last, at) VALUES (0, 9, now())",
    "ledger_dispute": f"INSERT INTO ledger_dispute (name, party, at, code, evidence) VALUES ('x_1', 1, now(), 10, {_KEY})",
    "ledger_pending": f"INSERT INTO ledger_pending (entry_id) VALUES ({_ENTRY})",
    "ledger_leaf": f"INSERT INTO ledger_leaf (leaf_index, entry_id, leaf_hash) VALUES (0, {_ENTRY}, {_KEY})",
    # with the column that it had once, where it is there
    "ledger_party_leaf": "INSERT INTO ledger_party_leaf SELECT * FROM jsonb_populate_record(NULL::ledger_party_leaf,"
    f" jsonb_build_object('party', 1, 'leaf_index', 0, 'entry_id', {_ENTRY}, 'n', 0, 'action', 'match.run'))",
    "ledger_shard": "INSERT INTO ledger_shard (n, origin, first, began_at) VALUES (1, 'example', 0, now())",
    # with the columns that they have, or had
    "ledger_tile": "INSERT INTO ledger_tile SELECT * FROM jsonb_populate_record(NULL::ledger_tile,"
    f" jsonb_build_object('shard', 1, 'level', 0, 'n', 0, 'hashes', {_KEY}))",
    "ledger_state": "INSERT INTO ledger_state SELECT * FROM jsonb_populate_record(NULL::ledger_state,"
    f" jsonb_build_object('one', true, 'origin', 'example', 'shard', 1, 'size', 1, 'root', {_KEY}))",
    "ledger_halt": "INSERT INTO ledger_halt (one, name, found_by, reason, since)"
    " VALUES (true, 'h_1', 'sequencer', 'b', now())",
    "ledger_debt": "INSERT INTO ledger_debt (xid) SELECT '7'::xid8 WHERE set_config('hub.recorded',"
    " pg_current_xact_id()::text, true) IS NOT NULL",
    "ledger_delay": "INSERT INTO ledger_delay (one, since) VALUES (true, now())",
    "ledger_fsck": "INSERT INTO ledger_fsck (one, began_at, ended_at, size, findings) VALUES (true, now(), now(), 1, 0)",
    "ledger_quarantine": "INSERT INTO ledger_quarantine (entry_id, reason, found_at)"
    f" VALUES ({_ENTRY}, 'no leaf', now())",
    "ledger_checkpoint": f"INSERT INTO ledger_checkpoint (size, root, note, at) VALUES (1, {_KEY}, 'note', now())",
    "ledger_key": "INSERT INTO ledger_key SELECT * FROM jsonb_populate_record(NULL::ledger_key,"
    " jsonb_build_object('vkey', 'example+key', 'shard', 1, 'since', now()))",
    "ledger_witness": "INSERT INTO ledger_witness (name, vkey, public_key, party, added_at)"
    f" VALUES ('example/witness', 'example/witness+key', {_KEY}, 1, now())",
    "ledger_cosignature": "INSERT INTO ledger_cosignature (size, witness, line, at)"
    " VALUES (1, 'example/witness', 'line', now())",
}
LATER = {
    "contribution": (
        "addressees",
        "INSERT INTO contribution (key_id, token, member_id, stance, evidence_level, tlp, shared_at, expires_on, state)"
        f" VALUES (1, {_KEY}, 1, 'infringing', 2, 2, now(), '2099-01-01', 'active')",
    ),
    "counter_notice": (
        "zone",
        "INSERT INTO counter_notice (name, report_id, brand_id, platform_id, listings, grounds, words, evidence, state,"
        " passed_on_at, due_at, zone)"
        " VALUES ('c', 1, 1, 1, '{1}', 'genuine', 'Genuine.', '{}', 'forwarded', now(), now(), 'UTC')",
    ),
}
"""Tables whose row needs other words once they have a column: the column, and the words."""
