// Package keyring keeps the data keys of every subject and destroys them: erasing a person is destroying the keys her
// values were sealed under.
//
// A data key belongs to one tenant, subject, compartment and generation. It is 32 random bytes, used through one Tink
// AEAD (AES-256-GCM), and it is stored only wrapped. A compartment is what is destroyed together: retention classes and
// key domains, made by a policy. A [Ring] makes keys, finds them by the check a token carries, shreds them and fences
// subjects; a [Store] keeps one row per subject, and creation, shredding and fence change that same row by compare and
// swap, so no key survives a race with an erasure.
//
// # Two ways to wrap
//
// With [Config.KEK] one symmetric key wraps everything. It is the simple way: who holds the KEK opens all.
// Use a KEK of Tink's XAES-256-GCM (aead.XAES256GCM192BitNonceKeyTemplate) or AES-GCM-SIV; never AES-GCM, whose random
// nonces carry 2^32 messages in all, and every key of every subject is one.
//
// With [Config.Wrap] every data key is wrapped by HPKE to each domain of its compartment and to the domains [Legal] and
// [Rights]. A process holds in [Config.Unwrap] the private keys of the domains it works for, perhaps none: a collector
// seals for purposes it cannot open. HPKE does not say who wrapped, so a row also carries a MAC of [Config.Intake],
// verified before anything is sealed or opened.
//
// # What dies when
//
// [Ring.Shred] and [Ring.Fence] end every key this ring handed out for the subject before they return: Live is false and
// Encrypt and Decrypt fail. Another process keeps a key it already unwrapped until [Config.TTL] ends, one hour unless
// set. Nothing reaches it sooner.
//
// # What this does not protect
//
// A backup of the store taken before a shredding still holds the wraps. They become unreadable only when the KEK or the
// private keys of that time are destroyed too: rotate them ([Ring.Rewrap]), and let old ones end with the last backup.
// Who can write the store can put back an old row, or delete one and with it a fence; a Ring cannot see that, only a
// witness outside the database can. With a single KEK the fence and the marks of shredded keys carry no proof at all;
// live keys do, in both ways.
// Memory of a process is not protected: Go cannot erase what Tink copied.
//
// # Formats
//
// format.md beside this file specifies the stored row, the wraps, the check and the case tag, with vectors in
// testdata/vectors.json. Formats outlive the code: a later version of this package reads what this one wrote.
package keyring
