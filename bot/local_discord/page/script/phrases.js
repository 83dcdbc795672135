// Everything that people read on this page, but for what stands in index.html before any script runs.

// The page itself.
export const notRunning = "The local Discord is not running.";
export const lineIsDown = "The local Discord does not answer. Trying again…";
export const placeIsGone = "That place is not here any more, or not for you.";
export const messageIsGone = "That message is not here any more.";
export const copied = (what) => `${what} copied.`;
export const noClipboard = "The browser does not let this page use the clipboard.";
export const close = "Close";
export const cancel = "Cancel";
export const send = "Send";
export const download = "Download";
export const downloadOf = (name) => `Download ${name}`;
export const themes = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };

// Places.
export const privateMessages = "Messages";
export const titleOf = (place, server, hasNews) => `${hasNews ? "• " : ""}${place} · ${server ?? privateMessages}`;
export const privatelyWith = (name) => `Private conversation with ${name}`;
export const unread = (name) => `${name}, unread`;
export const channels = "Channels";
export const conversations = "Conversations";
export const threadIn = (name) => `A thread in #${name ?? "…"}`;
export const presence = (name, isOnline) => `${name} is ${isOnline ? "online" : "offline"}`;
export const olderMessages = "Reading what was said before…";
export const newMessages = "New";
export const today = "Today at ";
export const yesterday = "Yesterday at ";

// Where a channel begins.
export const welcomeTo = (name) => `Welcome to #${name}`;
export const threadBegins = "This is where the thread begins.";
export const channelBegins = "This is where the channel begins.";
export const onlyTheTwo = "Only the two of you read this.";
export const noCommandsYet = (name) => `${name} offers no commands yet. They appear here as soon as the bot is running.`;
export const beginWith = (command) => ["Type ", command, " below and say what you want to see, or begin with one of these:"];
export const examples = ["a large red circle on a blue background", "a small yellow star in the top left of a black background", "a green triangle on a white background"];
export const teachSomething = "Teach it something from pictures of mine";
export const whatElse = "What else can I do?";

// People.
export const youAre = "You are";
export const beSomebodyElse = "Be somebody else";
export const switchPerson = (name) => `You are ${name}. Be somebody else`;
export const you = "you";
export const owner = "Owner";
export const noRole = "no role";
export const people = "People";
export const apps = "Apps";
export const app = "APP";
export const members = "Members";
export const closeMembers = "Close the list of members";
export const headed = (name, number) => `${name} — ${number}`;
export const someone = "@someone";
export const someRole = "role";
export const somewhere = "#unknown";
export const inChannel = (name, isMessage) => `#${name}${isMessage ? " › message" : ""}`;

// Messages.
export const said = (name, words) => `${name}: ${words}`;
export const thinking = "thinking…";
export const thinks = (name) => `${name} is thinking…`;
export const sending = "Sending command…";
export const noAnswer = "The application did not respond";
export const pressFailed = "This interaction failed";
export const used = " used ";
export const edited = " (edited)";
export const someMessage = "a message";
export const someFile = "a file";
export const somePictures = (number) => (number === 1 ? "a picture" : `${number} pictures`);
export const hidden = "(spoiler)";
export const originalIsGone = "The original message was deleted";
export const startedThread = " started a thread: ";
export const startedFromGone = " started this thread. The original message was deleted.";
export const pinned = (link) => [" pinned ", link, " to this channel."];
export const numMessages = (number) => (number === 1 ? "1 message ›" : `${number} messages ›`);
export const onlyYou = "Only you can see this · ";
export const dismiss = "Dismiss message";
export const spoiler = "Spoiler";
export const showSpoiler = "Spoiler, press to show";
export const showSpoilerPicture = "Spoiler: press to show the picture";
export const cannotShow = (type) => `(a component of type ${type}, which this page cannot show)`;
export const reactedWith = (emoji, number, isOwn) => `${emoji}, ${number === 1 ? "1 reaction" : `${number} reactions`}${isOwn ? ", yours too: press to take it back" : ": press to add yours"}`;

// Pictures and files.
export const openInFull = (description) => `Open in full: ${description}`;
export const pictureOf = (index, total, author, name) => (total > 1 ? `Picture ${index} of ${total} from ${author}: ${name}` : `Picture from ${author}: ${name}`);
export const thumbnail = "Thumbnail";
export const thumbnailOf = (title) => `Thumbnail: ${title}`;
export const realSize = "Real size, or all of it";
export const openOriginal = "Open the original";
export const previousPicture = "Previous picture";
export const nextPicture = "Next picture";
export const pictureNumber = (number) => `Picture ${number}`;
export const placeOf = (number, total) => `${number} of ${total}`;
export const mebibytes = (number) => `${number.toFixed(1)} MiB`;
export const kibibytes = (number) => `${Math.round(number)} KiB`;
export const bytes = (number) => `${number} bytes`;

// The box where one writes.
export const messageTo = (place) => `Message ${place} or type /`;
export const mayNotWrite = "You may not write here; commands begin with /";
export const commands = "Commands";
export const noSuchCommand = "No command begins like this.";
export const noCommands = "The bot has not registered any commands yet.";
export const names = "Names";
export const addFiles = "Add files";
export const takeOut = (name) => `Take ${name} out`;
export const mostFiles = (most) => `A message takes at most ${most} files.`;
export const tooLarge = (name, limit) => `${name} is larger than ${limit}.`;
export const replyingTo = (name) => ["Replying to ", name];
export const doNotReply = "Do not reply";
export const writingAnew = "Writing your message anew";
export const leaveAsItWas = "Leave it as it was";
export const moreOptional = (number) => `+${number} optional`;

// Commands and forms.
export const commandForm = (path) => `Command ${path}`;
export const moreOptions = "More options";
export const cancelCommand = "Cancel the command";
export const required = "required";
export const leaveOut = (name) => `Leave out ${name}`;
export const add = (name) => `+ ${name}`;
export const yes = "Yes";
export const no = "No";
export const choose = "Choose…";
export const select = "Make a selection";
export const selected = (name, chosen) => `${name}: ${chosen}`;
export const take = "Choose";
export const options = "Options";
export const search = "Search";
export const numChosen = (number, least, most) => `${number} chosen · ${least === most ? most : `${least} to ${most}`}`;
export const nothingFits = "Nothing fits what you typed.";
export const suggestionsFor = (name) => `Suggestions for ${name}`;
export const asking = "Asking…";
export const loadingFailed = "Loading options failed.";
export const numChoices = (number) => `${number} choices`;
export const upTo = (most) => `up to ${most} characters`;
export const range = (least, most) => `${least} to ${most}`;
export const kinds = { integer: "a whole number", number: "a number", file: "a file" };
export const optionRequired = "This option is required.";
export const fieldRequired = "This field is required.";
export const enterInteger = "Enter a whole number.";
export const enterNumber = "Enter a number.";
export const atLeast = (least) => `At least ${least}.`;
export const atMost = (most) => `At most ${most}.`;
export const atLeastCharacters = (least) => `At least ${least} characters.`;
export const atMostCharacters = (most) => `At most ${most} characters.`;
export const chooseAtLeast = (least) => `Choose at least ${least}.`;
export const chooseAtMost = (most) => `Choose at most ${most}.`;
export const charactersLeft = (number) => `${number} left`;
export const dropFiles = (most) => (most > 1 ? `Choose, drop or paste up to ${most} files` : "Choose, drop or paste a file");
export const goesTo = (name) => `What you write here goes to ${name}.`;
export const submit = "Submit";

// Menus.
export const more = "More";
export const reply = "Reply";
export const addReaction = "Add a reaction…";
export const addThisReaction = (emoji) => `React with ${emoji}`;
export const editMessage = "Edit message";
export const pinMessage = "Pin message";
export const unpinMessage = "Unpin message";
export const pins = "Pinned messages…";
export const pinsHere = "Pinned messages";
export const noPins = "Nothing is pinned here yet";
export const startThread = "Start a thread…";
export const copyText = "Copy text";
export const copyLink = "Copy link";
export const copyThisLink = "Copy this link";
export const copyMessageId = "Copy message ID";
export const copyUserId = "Copy user ID";
export const copyChannelId = "Copy channel ID";
export const text = "Text";
export const link = "Link";
export const id = "ID";
export const about = (name) => `About ${name}…`;
export const deleteMessage = "Delete message";
export const mention = "Mention";
export const privateConversation = "Private conversation";
export const openPicture = "Open picture in a new tab";
export const copyPictureLink = "Copy picture link";
export const install = "Add to my apps";
export const installHint = "its commands go where you go";
export const uninstall = "Take out of my apps";
export const leaveThread = "Leave the thread";
export const joinThread = "Join the thread";
export const rename = "Rename…";
export const renameThread = { title: "Rename the thread", label: "Name", action: "Rename" };
export const closeThread = "Close the thread";
export const closeThreadHint = "it opens again when somebody writes in it";
export const newThread = { title: "Start a thread", label: "What is it about?", action: "Start" };
