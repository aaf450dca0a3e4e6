// Writes web_api.schema.json: the arguments of the Web API's methods, as @slack/web-api types them,
// and the events, as @slack/types does.
//
//   npm install @slack/web-api @slack/types ts-json-schema-generator
//   node generate_schema.mjs
//
// in a folder that holds a copy of this file; the result is written beside it. A method's union of
// alternatives becomes one object with the properties of all: which of them go together, the server
// decides, with Slack's own error. The catch-all `Block` is left out, so that a misspelt block is an
// error.

import { readFileSync, writeFileSync } from 'node:fs';
import { createGenerator } from 'ts-json-schema-generator';

const METHODS = {
  'agents.sessions.rename': 'AgentsSessionsRenameArguments',
  'agents.sessions.setStatus': 'AgentsSessionsSetStatusArguments',
  'api.test': 'APITestArguments',
  'apps.connections.open': 'AppsConnectionsOpenArguments',
  'assistant.threads.setStatus': 'AssistantThreadsSetStatusArguments',
  'assistant.threads.setSuggestedPrompts': 'AssistantThreadsSetSuggestedPromptsArguments',
  'assistant.threads.setTitle': 'AssistantThreadsSetTitleArguments',
  'auth.revoke': 'AuthRevokeArguments',
  'auth.teams.list': 'AuthTeamsListArguments',
  'auth.test': 'AuthTestArguments',
  'bots.info': 'BotsInfoArguments',
  'chat.appendStream': 'ChatAppendStreamArguments',
  'chat.delete': 'ChatDeleteArguments',
  'chat.getPermalink': 'ChatGetPermalinkArguments',
  'chat.postEphemeral': 'ChatPostEphemeralArguments',
  'chat.postMessage': 'ChatPostMessageArguments',
  'chat.startStream': 'ChatStartStreamArguments',
  'chat.stopStream': 'ChatStopStreamArguments',
  'chat.update': 'ChatUpdateArguments',
  'conversations.history': 'ConversationsHistoryArguments',
  'conversations.info': 'ConversationsInfoArguments',
  'conversations.members': 'ConversationsMembersArguments',
  'conversations.open': 'ConversationsOpenArguments',
  'conversations.replies': 'ConversationsRepliesArguments',
  'files.completeUploadExternal': 'FilesCompleteUploadExternalArguments',
  'files.getUploadURLExternal': 'FilesGetUploadURLExternalArguments',
  'files.info': 'FilesInfoArguments',
  'oauth.v2.access': 'OAuthV2AccessArguments',
  'reactions.add': 'ReactionsAddArguments',
  'team.info': 'TeamInfoArguments',
  'users.conversations': 'UsersConversationsArguments',
  'users.info': 'UsersInfoArguments',
  'views.open': 'ViewsOpenArguments',
  'views.publish': 'ViewsPublishArguments',
  'views.update': 'ViewsUpdateArguments',
};

// Events are kept shallow: what stands in a message_changed is typed more strictly than it is sent.
const EVENTS = [
  'AgentSessionStoppedEvent',
  'AppContextChangedEvent',
  'AppHomeOpenedEvent',
  'AppMentionEvent',
  'AppUninstalledEvent',
  'AssistantThreadContextChangedEvent',
  'AssistantThreadStartedEvent',
  'BotMessageEvent',
  'FileShareMessageEvent',
  'FileSharedEvent',
  'GenericMessageEvent',
  'MemberJoinedChannelEvent',
  'MessageChangedEvent',
  'MessageDeletedEvent',
  'ThreadBroadcastMessageEvent',
  'TokensRevokedEvent',
];

const here = new URL('.', import.meta.url).pathname;
const requests = `${here}node_modules/@slack/web-api/dist/types/request/index.d.ts`;
const events = `${here}node_modules/@slack/types/dist/events/index.d.ts`;

function generated(type, path) {
  return createGenerator({
    path,
    type,
    tsconfig: `${here}tsconfig.json`,
    skipTypeCheck: true,
    additionalProperties: false,
    jsDoc: 'none',
    topRef: false,
  }).createSchema(type);
}

writeFileSync(
  `${here}tsconfig.json`,
  JSON.stringify({
    compilerOptions: { module: 'node16', moduleResolution: 'node16', strict: true, target: 'es2022' },
  }),
);

const definitions = {};

function resolve(schema) {
  while (schema.$ref) {
    schema = definitions[decodeURIComponent(schema.$ref.replace('#/definitions/', ''))];
  }
  return schema;
}

/** The objects that a union of unions offers. */
function alternatives(schema) {
  const found = resolve(schema);
  return (found.anyOf ?? [found]).flatMap((each) => (each.anyOf || each.$ref ? alternatives(each) : [each]));
}

function merged(schema) {
  const all = alternatives(schema).filter((each) => each.type === 'object');
  const properties = {};
  for (const { properties: own = {} } of all) {
    for (const [name, value] of Object.entries(own)) {
      if (value.not) continue;
      properties[name] ??= [];
      if (!properties[name].some((each) => JSON.stringify(each) === JSON.stringify(value))) {
        properties[name].push(value);
      }
    }
  }
  const required = (all[0]?.required ?? []).filter((name) => all.every((each) => each.required?.includes(name)));
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, each]) => [name, each.length === 1 ? each[0] : { anyOf: each }]),
    ),
    required: required.filter((name) => name !== 'token'),
    additionalProperties: all.some((each) => each.additionalProperties === undefined || each.additionalProperties !== false),
  };
}

function withoutCatchAll(value) {
  if (Array.isArray(value)) {
    return value.filter((each) => each?.$ref !== '#/definitions/Block').map(withoutCatchAll);
  }
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutCatchAll(each)]));
  }
  return value;
}

const methods = {};
for (const [method, type] of Object.entries(METHODS)) {
  const schema = generated(type, requests);
  Object.assign(definitions, schema.definitions);
  methods[method] = merged(schema);
}

function shallow(schema) {
  const flat = Object.entries(schema.properties).map(([name, each]) => {
    const kept = ['type', 'const', 'enum', 'not'].filter((key) => key in each);
    return [name, Object.fromEntries(kept.map((key) => [key, each[key]]))];
  });
  return { type: 'object', properties: Object.fromEntries(flat), required: schema.required };
}

const told = Object.fromEntries(EVENTS.map((type) => [type, shallow(generated(type, events))]));

const used = new Set();
function follow(value) {
  if (value && typeof value === 'object') {
    const name = value.$ref && decodeURIComponent(value.$ref.replace('#/definitions/', ''));
    if (name && !used.has(name)) {
      used.add(name);
      follow(definitions[name]);
    }
    Object.values(value).forEach(follow);
  }
}
follow(withoutCatchAll(methods));

const versions = ['@slack/web-api', '@slack/types', 'ts-json-schema-generator'].map((name) => {
  const found = JSON.parse(readFileSync(`${here}node_modules/${name}/package.json`));
  return `${name} ${found.version}`;
});
const kept = Object.fromEntries([...used].sort().map((name) => [name, definitions[name]]));
const schema = { $comment: `From ${versions.join(', ')}; see web_api.NOTICE`, methods, events: told, definitions: kept };
writeFileSync(`${here}web_api.schema.json`, `${JSON.stringify(withoutCatchAll(schema), null, 1)}\n`);
