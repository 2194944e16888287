export const fr = {
  tab: "{title} · e-connect",
  skip: "Aller au contenu",
  brand: "Help & Support",
  languages: "Langue",
  optional: "(facultatif)",
  title: "Comment pouvons-nous vous aider ?",
  lead: "Décrivez votre demande. Vous recevez aussitôt un numéro, puis une confirmation par e-mail.",
  desk_open: "Le Support Desk est ouvert jusqu’à {until}.",
  desk_closed: "Le Support Desk est fermé. Il rouvre le {reopens} ; les demandes sont acceptées à toute heure.",
  desk_closed_for_long: "Le Support Desk est fermé. Les demandes sont acceptées à toute heure.",

  you: "Vos coordonnées",
  name: "Votre nom",
  email: "Adresse e-mail",
  email_hint: "Nous confirmons et répondons à cette adresse.",
  phone: "Téléphone",
  phone_hint: "Avec l’indicatif du pays, par exemple +352\u00a026\u00a012\u00a034\u00a056.",
  company: "Société",
  request: "Votre demande",
  site_url: "Site web concerné",
  site_url_hint: "Par exemple www.votre-site.lu",
  subject: "Objet",
  message: "Message",
  message_hint: "Qu’avez-vous fait, qu’attendiez-vous, que s’est-il passé à la place ? Depuis quand ?",
  attachments: "Fichiers",
  attachments_hint: "Captures d’écran ou documents, 20 Mo au total au maximum.",
  urgency: "Urgence",
  urgent: "Ma demande est urgente",
  fee_text:
    "Une demande urgente passe avant toutes les autres et est traitée dans l’immédiat, ou dès la prochaine ouverture " +
    "si le Support Desk est fermé. Son ouverture coûte {fee} HTVA ; le temps passé est ensuite facturé {rate} HTVA " +
    "de l’heure.{included}",
  fee_included: " Les {minutes} premières minutes sont comprises.",
  fee_loading: "Lecture du tarif en vigueur …",
  fee_unknown: "Le tarif en vigueur n’a pas pu être lu : une demande urgente ne peut pas être envoyée pour le moment.",
  fee_again: "Lire à nouveau le tarif",
  fee_accept: "J’accepte les frais d’urgence de {fee} HTVA",
  fee_accept_unknown: "J’accepte les frais d’urgence",
  send: "Envoyer la demande",
  start_over: "Abandonner et commencer une nouvelle demande",

  sending: "Envoi de votre demande …",
  news_retry:
    "La connexion a été interrompue. Nous réessayons automatiquement ; votre demande ne peut pas être créée deux fois.",
  news_busy: "Le Support Desk reçoit beaucoup de demandes. La vôtre partira d’elle-même dans {seconds} secondes.",
  news_offline:
    "Le Support Desk n’a pas pu être joint : nous ne savons pas si votre demande est arrivée. Votre saisie est conservée : " +
    "appuyez à nouveau sur le bouton dans un instant, elle ne peut pas être créée deux fois. Ou écrivez à " +
    "support@e-connect.lu.",
  news_later:
    "Le Support Desk reçoit trop de demandes. Votre saisie est conservée : veuillez réessayer dans {minutes} min.",
  news_trouble:
    "Le Support Desk n’a pas pu prendre la demande. Votre saisie est conservée : veuillez réessayer dans un instant.",
  news_correct: "Rien n’a encore été envoyé : veuillez corriger les champs signalés.",
  news_refused: "Le Support Desk n’a pas pris la demande : {detail}",
  news_restored:
    "Votre saisie a été conservée. Appuyez sur le bouton pour l’envoyer ; si elle était déjà arrivée, elle n’est pas " +
    "créée deux fois.",
  news_restored_files: "Votre saisie a été conservée, sauf les fichiers : choisissez-les à nouveau, puis envoyez.",
  news_already:
    "Une version précédente de cette demande est déjà arrivée, sa confirmation vous parvient par e-mail. Vos " +
    "changements depuis n’ont pas été envoyés : répondez à cet e-mail, ou commencez une nouvelle demande.",

  receipt_title: "Nous avons bien reçu votre demande",
  receipt_number: "Ticket {number}",
  receipt_position: "Elle est en position {position} dans la file d’attente.",
  receipt_urgent: "Elle est urgente : elle passe avant toutes les demandes standard.",
  receipt_fee: "Frais d’urgence, tels que vous les avez acceptés : {fee} HTVA.",
  receipt_open: "Le Support Desk est ouvert en ce moment.",
  receipt_closed: "Le Support Desk est fermé en ce moment et rouvre le {reopens}.",
  receipt_mail: "Une confirmation est en route vers {email}.",
  receipt_no_mail:
    "Aucune confirmation n’est envoyée par e-mail cette fois : notez le numéro ou gardez le lien ci-dessous.",
  receipt_earlier:
    "Votre demande était déjà arrivée la première fois. Vos changements depuis n’y sont pas : vous pouvez les ajouter " +
    "par un message.",
  follow: "Suivre ce ticket",
  follow_hint: "Gardez ce lien pour vous : qui le possède peut lire le ticket et y répondre.",
  another: "Envoyer une autre demande",

  ticket_title: "Ticket {number}",
  ticket_lead: "{subject}",
  ticket_unknown_title: "Ce lien ne mène à aucun ticket",
  ticket_unknown_lead: "Vérifiez que le lien est complet, comme dans l’e-mail de confirmation.",
  ticket_unreachable_title: "Le ticket ne peut pas être affiché pour le moment",
  ticket_unreachable_lead: "Le Support Desk n’a pas pu être joint. Veuillez réessayer dans un instant.",
  ticket_status: "État : {status}",
  ticket_position: "En position {position} dans la file d’attente",
  ticket_received: "Reçu le {at}",
  ticket_urgent: "Urgent : avant toutes les demandes standard",
  status_new: "dans la file d’attente",
  status_in_progress: "en cours de traitement",
  status_waiting_client: "en attente de votre réponse",
  status_waiting_quote: "en attente de l’acceptation d’un devis",
  status_resolved: "résolu",
  status_closed: "clôturé",
  status_cancelled: "annulé",
  status_spam: "clôturé",
  messages: "Messages",
  message_by: "{author}, {at}",
  message_files: "Fichiers : {names}",
  from_you: "Vous",
  from_desk: "Support e-connect",
  reply: "Votre réponse",
  reply_send: "Envoyer la réponse",
  sending_reply: "Envoi de votre réponse …",
  reply_sent: "Votre réponse a été ajoutée.",
  reply_new_ticket: "Ce ticket était clos depuis longtemps : votre réponse a ouvert un nouveau ticket, affiché ici.",
  reply_already:
    "Votre réponse précédente était déjà arrivée : voyez ci-dessous. Appuyez à nouveau sur le bouton pour ajouter " +
    "aussi celle-ci.",
  reply_offline:
    "Le Support Desk n’a pas pu être joint. Appuyez à nouveau sur le bouton dans un instant ; votre réponse ne peut " +
    "pas être ajoutée deux fois.",
  refresh: "Actualiser",
  refreshed: "À jour.",

  rules: "Comment fonctionne le Support Desk",
  rule_order: "« First come, first served » : les demandes sont traitées dans l’ordre de leur arrivée.",
  rule_effort: "« Best effort » : la meilleure qualité de service possible, sans engagement dans le temps.",
  rule_hours: "Ouvert du {first} au {last}, de {opens} à {closes}, sauf les jours fériés luxembourgeois.",
  rule_holiday: "Prochain jour férié : {name}, {on}.",
  rule_price: "Les interventions sont facturées {rate} HTVA de l’heure.",
  by_mail: "Ou par e-mail :",

  "error.required": "Veuillez remplir ce champ.",
  "error.text-blank": "Veuillez remplir ce champ.",
  "error.urgency-fee-not-accepted":
    "Une demande urgente suppose que vous acceptiez les frais : veuillez cocher cette case.",
  "error.email-invalid": "Ceci ne ressemble pas à une adresse e-mail. Exemple : nom@societe.lu",
  "error.too-long": "C’est trop long, veuillez raccourcir.",
  "error.text-control": "Les retours à la ligne et caractères de contrôle n’ont pas leur place ici.",
  "error.too-short": "C’est trop court.",
  "error.request-too-large": "Ces fichiers sont trop volumineux : 20 Mo au total au maximum.",
  "error.attachment-refused": "Ce type de fichier n’est pas accepté.",
  "error.phone-invalid":
    "Indiquez le numéro avec l’indicatif du pays, par exemple +352\u00a026\u00a012\u00a034\u00a056.",
  "error.url-invalid": "Ceci n’est pas l’adresse d’un site web. Exemple : www.votre-site.lu",
  "error.invalid": "Le Support Desk n’a pas pu lire ceci, veuillez vérifier.",
};
