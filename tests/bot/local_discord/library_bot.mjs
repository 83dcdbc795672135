// A small bot on unmodified discord.js: a command that answers with a file, a button, a modal.

import {
  ActionRowBuilder, AttachmentBuilder, ButtonBuilder, Client, GatewayIntentBits,
  ModalBuilder, SlashCommandBuilder, TextInputBuilder,
} from "discord.js";

const [url, token] = process.argv.slice(2);
const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: `${url}/api` } });
const draw = new SlashCommandBuilder()
  .setName("draw")
  .setDescription("Draw something")
  .addStringOption((option) => option.setName("what").setDescription("what").setRequired(true));

const named = (custom_id) => new ButtonBuilder({ custom_id, label: "Name it", style: 1 });
const question = new TextInputBuilder({ custom_id: "name", label: "Name", style: 1 });

client.once("clientReady", async () => {
  await client.application.commands.set([draw]);
  const places = client.guilds.cache.map((guild) => `${guild.name}: ${guild.channels.cache.size}`);
  console.log(`ready ${client.user.username}; ${places.join("; ")}`);
});

client.on("interactionCreate", async (interaction) => {
  if (interaction.isChatInputCommand()) {
    await interaction.deferReply();
    const what = interaction.options.getString("what");
    const file = new AttachmentBuilder(Buffer.from(what), { name: "drawn.txt" });
    const row = new ActionRowBuilder().addComponents(named(`name:${what}`));
    const sent = await interaction.editReply({ content: what, files: [file], components: [row] });
    await interaction.followUp({ content: `${sent.attachments.size} file`, flags: 64 });
  } else if (interaction.isButton()) {
    const row = new ActionRowBuilder().addComponents(question);
    const modal = new ModalBuilder({ custom_id: interaction.customId, title: "Name it" });
    await interaction.showModal(modal.addComponents(row));
  } else if (interaction.isModalSubmit()) {
    await interaction.reply(`named ${interaction.fields.getTextInputValue("name")}`);
  }
});

await client.login(token);
